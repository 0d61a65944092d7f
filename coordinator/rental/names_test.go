package rental

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// longestLabel is what the strictest kinds, firewalls and balancers, allow.
const longestLabel = 32

func drawName(t *rapid.T) Name {
	return Name{
		Run:     Run8(rapid.String().Draw(t, "run")),
		Role:    rapid.StringMatching(`[a-z]{1,12}`).Draw(t, "role"),
		Number:  rapid.IntRange(1, 9999).Draw(t, "number"),
		Attempt: rapid.IntRange(0, 9).Draw(t, "attempt"),
	}
}

// TestLabelsAreLegalOfEveryKind, and read back as what they were made from.
func TestLabelsAreLegalOfEveryKind(t *testing.T) {
	legal := regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	rapid.Check(t, func(t *rapid.T) {
		n := drawName(t)
		label := n.Label()
		if len(label) < 3 || len(label) > longestLabel || !legal.MatchString(label) {
			t.Fatalf("%q", label)
		}
		if back, ok := ParseLabel(label); !ok || back != n {
			t.Fatalf("%q: %+v, not %+v", label, back, n)
		}
		if !strings.HasPrefix(label, Prefix(n.Run)) || labelRun(label) != n.Run {
			t.Fatalf("%q has not its prefix", label)
		}
	})
}

func TestLabelsOfOthersAreNotRead(t *testing.T) {
	for _, label := range []string{"", "lc", "lc-", "lc-abcdefgh", "lc-abcdefgh-", "lc-abcdefgh-agent", "lc-abcdefgh-001", "lc-abcdefgh-agent1",
		"lc-abcdefgh-agent0001", "lc-abcdefgh-agent000", "lc-abcdefgh-agent001-r0", "lc-abcdefgh-agent001-r", "lc-abcdefgh-agent001-r10", "lc-abcdefgh-agent001-r+1",
		"lc-abcdefgh-agent001-r1-r1", "lc-ABCDEFGH-agent001", "lc-abcdefg1-agent001", "lc-abcdefghi-agent001", "web1", "LC-abcdefgh-agent001", "lc-abcdefgh-Agent001",
		"lc-abcdefgh-agent99999", "lc-abcdefgh-agent99999999999999999999"} {
		if n, ok := ParseLabel(label); ok {
			t.Errorf("%q is read as %+v", label, n)
		}
	}
}

// TestAnyTextIsReadAsItIsMade: what ParseLabel takes, Label makes.
func TestAnyTextIsReadAsItIsMade(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(lc-)?[a-z2-7]{7,9}-?[a-z]*-?[0-9]{0,5}(-r[0-9]{0,2})?`).Draw(t, "text")
		if n, ok := ParseLabel(text); ok && n.Label() != text {
			t.Fatalf("%q became %q", text, n.Label())
		}
	})
}

func TestShortNamesOfRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.String().Draw(t, "id")
		if run := Run8(id); !isRun8(run) || Run8(run) != run || Run8(id) != run {
			t.Fatalf("%q became %q", id, run)
		}
	})
	if a, b := Run8("20260102-030405-abcd"), Run8("20260102-030405-abce"); a == b {
		t.Errorf("two runs are both %s", a)
	}
}

func TestNamesTellAllThatIsWrong(t *testing.T) {
	err := Name{Run: "x", Role: "Agent-", Number: 0, Attempt: 10}.Validate()
	for _, part := range []string{"run", "role", "number", "attempt"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not told: %v", part, err)
		}
	}
}

func TestTagsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run := Run8(rapid.String().Draw(t, "run"))
		expires := time.Unix(rapid.Int64Range(1, latestExpiry-1).Draw(t, "expires"), 0).UTC()
		tags := Tags(run, expires)
		for _, tag := range tags {
			if len(tag) < 3 || len(tag) > 50 {
				t.Fatalf("%q is no legal tag", tag)
			}
		}
		m, err := ParseTags(append([]string{"web", "loadctl-like"}, tags...))
		if err != nil || !m.Brand || m.Run != run || !m.Expires.Equal(expires) {
			t.Fatalf("%v: %+v, %v", tags, m, err)
		}
	})
}

func TestBrokenTags(t *testing.T) {
	at := func(n int64) time.Time { return time.Unix(n, 0).UTC() }
	for _, c := range []struct {
		tags string
		want Marks
		told string // parts of the error, "" = none
	}{
		{"", Marks{}, ""},
		{"web db", Marks{}, ""},
		{"loadctl", Marks{Brand: true}, "run,expires"},
		{"loadctl loadctl:run=abcdefgh", Marks{true, "abcdefgh", time.Time{}}, "expires"},
		{"loadctl:run=abcdefgh loadctl:exp=5", Marks{true, "abcdefgh", at(5)}, ""},
		{"loadctl:run=ABC loadctl:exp=5", Marks{true, "", at(5)}, "ABC"},
		{"loadctl:run=abcdefgh loadctl:run=abcdefgi loadctl:exp=5", Marks{true, "", at(5)}, "2 tags"},
		{"loadctl:run=abcdefgh loadctl:exp=5 loadctl:exp=7 loadctl:exp=x", Marks{true, "abcdefgh", at(7)}, "3 tags,exp=x"},
		{"loadctl:run=abcdefgh loadctl:exp=soon", Marks{true, "abcdefgh", time.Time{}}, "soon"},
		{"loadctl:run=abcdefgh loadctl:exp=-1", Marks{true, "abcdefgh", time.Time{}}, "-1"},
		{"loadctl:run=abcdefgh loadctl:exp=99999999999999999999", Marks{true, "abcdefgh", time.Time{}}, "9999"},
	} {
		m, err := ParseTags(strings.Fields(c.tags))
		if m != c.want || (err != nil) != (c.told != "") {
			t.Errorf("%q: %+v, %v", c.tags, m, err)
		}
		for part := range strings.SplitSeq(c.told, ",") {
			if err != nil && !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %s is not told: %v", c.tags, part, err)
			}
		}
	}
}

// TestABucketKeepsItsPace: in any stretch of time no more go through than its burst and what the stretch has room for.
func TestABucketKeepsItsPace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Bucket{Every: time.Second, Burst: rapid.IntRange(1, 4).Draw(t, "burst")}
		now, through := storyStart, []time.Time(nil)
		for range rapid.IntRange(1, 60).Draw(t, "asks") {
			now = now.Add(time.Duration(rapid.IntRange(0, 1500).Draw(t, "pause")) * time.Millisecond)
			var ok bool
			if b, ok = b.Take(now); ok {
				through = append(through, now)
			}
		}
		for i := range through {
			for j := i; j < len(through); j++ {
				if room := b.Burst + int(through[j].Sub(through[i])/b.Every); j-i+1 > room {
					t.Fatalf("%d within %s", j-i+1, through[j].Sub(through[i]))
				}
			}
		}
	})
}
