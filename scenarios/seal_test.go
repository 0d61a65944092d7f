package scenarios

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loadctl/loadctl/scenarios/arrival"
)

const sealFile = `vars: {token: "", key: "k-${vars.token}", n: 1}
target: {base_url: "http://127.0.0.1:8080"}
users: {u: {tasks: {t: {steps: [
  {post: "/?n=${rand.int(1, ${vars.n})}", name: "of ${vars.token}", auth: {bearer: "${vars.key}${vu.id}"},
   json: {text: "${vars.token}", plain: "{${vars.token}{vu.id}"}}]}}}}
phases: [{name: p, executor: constant-vus, vus: 1, duration: 1s}]
`

func sent(s *Scenario) string {
	r := arrival.NewRand(1)
	return string(s.Users[0].Tasks[0].Steps[0].AppendRequest(nil, &Values{Rand: &r, VU: 7}))
}

// TestPasswordWithADollarIsSentAsItIs: values from outside the file were read as
// templates, so that some could not be used, some sent something else, and messages
// quoted them.
func TestPasswordWithADollarIsSentAsItIs(t *testing.T) {
	for _, value := range []string{"abc${hunter2}x", "P${4ssw0rd", "ab${rand.int(1,2)}", "$", "a$$", "$${x}", "${vars.n}", "{vu.id}"} {
		for way, o := range map[string]Options{"-e": {Vars: map[string]string{"token": value}}, "environment": {Env: map[string]string{"TOKEN": value}}} {
			s, err := Parse("x.yaml", []byte(sealFile), o)
			if err != nil {
				t.Errorf("%s, by %s: %v", value, way, err)
				continue
			}
			want := fmt.Sprintf(`{"text":%s,"plain":%s}`, quoteJSON(value), quoteJSON("{"+value+"{vu.id}"))
			if got := sent(s); !strings.Contains(got, "Bearer k-"+value+"7\r\n") || !strings.HasSuffix(got, want) {
				t.Errorf("%s, by %s, was sent as\n%s", value, way, got)
			}
			if name := s.Layout.Cells[0].Name; name != "of "+value || s.Vars["token"] != value || s.Vars["key"] != "k-"+value {
				t.Errorf("%s, by %s: name %q, variables %q", value, way, name, s.Vars)
			}
		}
	}
}

// TestAgentsSendWhatTheCommandMeant: they read the file anew, with what replaces its
// values, and templates in its own values stay templates.
func TestAgentsSendWhatTheCommandMeant(t *testing.T) {
	file := strings.Replace(sealFile, `token: ""`, `own: "${vu.id}", token: "file ${vars.own}"`, 1)
	rapid.Check(t, func(t *rapid.T) {
		o := Options{Env: map[string]string{}}
		if rapid.Bool().Draw(t, "given") {
			o.Env["TOKEN"] = rapid.StringMatching(`[a-z${}.]{0,12}`).Draw(t, "token")
		} else {
			o.Vars = map[string]string{"own": rapid.StringMatching(`[a-z${}.]{0,12}`).Draw(t, "own")}
			file = strings.Replace(file, `file ${`, `file-${`, 1)
		}
		s, err := Parse("x.yaml", []byte(file), o)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("x.yaml", []byte(file), Options{Vars: s.Replaced})
		if err != nil || sent(again) != sent(s) || !maps.Equal(again.Vars, s.Vars) {
			t.Fatalf("%v\nagents send\n%s\nfor\n%s", err, sent(again), sent(s))
		}
	})
}

// TestSecretsAreNotQuoted: not even those that the file itself has wrong.
func TestSecretsAreNotQuoted(t *testing.T) {
	for _, secret := range []string{"a${hunter2}", "a${hunter2(1}", "${rand.int(hunter2)}"} {
		file := strings.Replace(sealFile, `token: ""`, "token: "+quoteJSON(secret), 1)
		_, err := Parse("x.yaml", []byte(strings.NewReplacer(`name: "of ${vars.token}"`, "name: n", `"{${vars.token}{vu.id}"`, "1", `text: "${vars.token}"`, "text: 1").Replace(file)), Options{})
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "bearer") {
			t.Errorf("%s: %v", secret, err)
		}
	}
}

// TestValueThatIsNotUTF8 is a mistake: no file and no agent could be told of it.
func TestValueThatIsNotUTF8(t *testing.T) {
	_, err := Parse("x.yaml", []byte(sealFile), Options{Vars: map[string]string{"token": "a\xffb"}})
	if err == nil || err.Error() != "x.yaml:1:8: vars.token: the value given for it is not UTF-8" {
		t.Error(err)
	}
}

// TestExpressionThatIsAVariable is asked for by its whole name.
func TestExpressionThatIsAVariable(t *testing.T) {
	_, err := Parse("x.yaml", []byte(strings.Replace(sealFile, "${vars.key}", "${token}", 1)), Options{})
	if err == nil || !strings.HasSuffix(err.Error(), "unknown expression (did you mean ${vars.token}?)") {
		t.Error(err)
	}
}

// TestByteEscapedInAFile is a letter, and no mark of loadctl's own.
func TestByteEscapedInAFile(t *testing.T) {
	file := strings.NewReplacer(`token: ""`, `token: "\xff"`, "k-${vars.token}", "k").Replace(sealFile)
	s, err := Parse("x.yaml", []byte(file), Options{})
	if err != nil || !strings.Contains(sent(s), `"text":"ÿ"`) {
		t.Fatal(err)
	}
}
