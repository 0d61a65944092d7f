package rental

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

const storyRun = "abcdefgh"

var storyKinds = map[string]Kind{"vpc": Network, "firewall": Firewall, "placement": Placement, "instance": Instance, "nodebalancer": Balancer}

// Stories: "new" makes a rental from wants, one a line; "again" makes a new one from the journal, "blind" from nothing,
// "down" with nothing wanted any more.
// "step" feeds events, one a line with its time, and a tick every second up to it. What is to be done about it is printed.
// ~ is the label prefix of the run. Lists are answered after a second with what "world" told last, and are not printed,
// unless "new by-hand" wants them answered by "listed", or "new no-lists" never, or "fails" of kinds says that theirs fail.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		s := &story{}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.t, s.out = t, strings.Builder{}
			switch d.Cmd {
			case "new":
				s.new(d)
			case "again":
				s.again(d, true)
			case "blind":
				s.again(d, false)
			case "step":
				for line := range strings.Lines(strings.ReplaceAll(d.Input, "~", Prefix(storyRun))) {
					f := strings.Fields(line)
					s.tick(s.dur(f[0]))
					s.step(s.dur(f[0]), f[1], f[2:])
				}
			case "journal":
				for _, l := range s.journal {
					s.out.Write(l.Encode())
				}
			default:
				t.Fatalf("unknown command %s", d.Cmd)
			}
			return s.told()
		})
	})
}

type story struct {
	t       *testing.T
	cfg     Config
	r       *Rental
	byHand  bool
	noLists bool // after the first ones
	world   []Seen
	fails   []Kind // their lists fail
	at      time.Duration
	asked   []Action // without an answer yet
	lists   []List   // likewise, that the world answers
	journal []Line
	out     strings.Builder
}

var storyStart = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)

func (s *story) new(d *datadriven.TestData) {
	s.byHand, s.noLists = false, false
	s.cfg = Config{Run: storyRun, Expires: storyStart.Add(time.Hour), Fresh: true}
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "by-hand":
			s.byHand = true
		case "no-lists":
			s.noLists = true
		case "min":
			s.cfg.MinAgents, _ = strconv.Atoi(a.Vals[0])
		default:
			s.t.Fatalf("unknown word %s", a.Key)
		}
	}
	reach := map[string]Reach{"": ToRegister, "install": ToInstall, "login": ToLogin, "run": ToRun}
	for line := range strings.Lines(d.Input) {
		f := append(strings.Fields(line), "")
		for n := range s.num(f[2]) {
			s.cfg.Wants = append(s.cfg.Wants, Want{storyKinds[f[0]], f[1], n + 1, reach[f[3]]})
		}
	}
	s.journal, s.world, s.fails = nil, nil, nil
	s.at = -time.Second
	s.make()
}

// again begins another life, after the time of the one before; "down" wants nothing any more.
func (s *story) again(d *datadriven.TestData, remember bool) {
	s.cfg.Fresh, s.cfg.Journal = false, nil
	if d.HasArg("down") {
		s.cfg.Wants, s.cfg.MinAgents = nil, 0
	}
	if remember {
		var text []byte
		for _, l := range s.journal {
			text = append(text, l.Encode()...)
		}
		lines, _, err := Decode(text)
		if err != nil {
			s.t.Fatal(err)
		}
		s.cfg.Journal = lines
	}
	s.make()
}

func (s *story) make() {
	r, err := New(s.cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.r, s.asked, s.lists = r, nil, nil
}

// tick lets the seconds pass up to a time.
func (s *story) tick(to time.Duration) {
	for s.at+time.Second <= to && s.r.State() != Over {
		s.at += time.Second
		due := s.lists
		s.lists = nil
		for _, l := range due {
			if slices.Contains(s.fails, l.Kind) {
				s.feed(s.at, Failed{l.N, s.failure([]string{"unknown"})})
				continue
			}
			s.feed(s.at, Listed{l.N, slices.DeleteFunc(slices.Clone(s.world), func(x Seen) bool { return x.Kind != l.Kind })})
		}
		s.feed(s.at, Tick{})
	}
}

func (s *story) feed(at time.Duration, e Event) {
	for _, a := range s.r.Step(storyStart.Add(at), e) {
		switch a := a.(type) {
		case Note:
			s.journal = append(s.journal, a.Line)
		case List:
			if !s.byHand {
				if !s.noLists || s.r.State() == Surveying {
					s.lists = append(s.lists, a)
				}
				continue
			}
			s.asked = append(s.asked, a)
		case Create, Look, Delete:
			s.asked = append(s.asked, a)
		}
		fmt.Fprintf(&s.out, "%s %s\n", at, actionText(a))
	}
}

func (s *story) told() string {
	if s.r != nil && s.r.State() == Over {
		o := s.r.Outcome()
		fmt.Fprintf(&s.out, "over: clean=%t interrupted=%t failed=%q unchecked=%v\n", o.Clean(), o.Interrupted, o.Failed, o.Unchecked)
		for _, l := range o.Left {
			fmt.Fprintf(&s.out, "left: %s\n", l)
		}
		for _, l := range o.Alone {
			fmt.Fprintf(&s.out, "alone: %s\n", l)
		}
	}
	if s.out.Len() == 0 {
		return "nothing\n"
	}
	return strings.ReplaceAll(s.out.String(), Prefix(storyRun), "~")
}

func (s *story) step(at time.Duration, word string, f []string) {
	switch word {
	case "world":
		s.world = nil
		for _, text := range f {
			s.world = append(s.world, s.seen(text))
		}
	case "fails":
		s.fails = nil
		for _, word := range f {
			s.fails = append(s.fails, storyKinds[word])
		}
	case "listed":
		s.listed(at, f)
	case "created":
		text := s.kindOf(f[0]) + "/" + f[1] + ":" + f[0]
		if len(f) > 2 {
			text += ":" + f[2]
		}
		s.feed(at, Created{s.ticket("create", f[0]), s.seen(text)})
	case "removed":
		s.feed(at, Removed{s.ticket("delete", f[0])})
	case "found":
		s.feed(at, Found{s.ticket("look", f[0]), s.seen(f[1])})
	case "failed":
		s.feed(at, Failed{s.ticket(f[0], f[1]), s.failure(f[2:])})
	default:
		s.feed(at, s.event(word, f))
	}
}

func (s *story) event(word string, f []string) Event {
	f = append(f, "", "")
	why := strings.Trim(strings.Join(f[1:], " "), " ")
	switch word {
	case "tick":
		return Tick{}
	case "sshable":
		return Sshable{f[0]}
	case "installed":
		return Installed{f[0]}
	case "registered":
		return Registered{f[0]}
	case "unable":
		return Unable{f[0], why}
	case "mismatch":
		return Mismatch{f[0], why}
	case "lost":
		return Lost{f[0], why}
	case "interrupt":
		return Interrupt{}
	case "giveback":
		return GiveBack{}
	}
	s.t.Fatalf("unknown event %s", word)
	return nil
}

// listed answers all lists that are under way, or those of one kind.
func (s *story) listed(at time.Duration, f []string) {
	only := Kind("")
	if len(f) > 0 && storyKinds[f[0]] != "" {
		only, f = storyKinds[f[0]], f[1:]
	}
	for _, a := range slices.Clone(s.asked) {
		l, ok := a.(List)
		if !ok || only != "" && l.Kind != only {
			continue
		}
		var all []Seen
		for _, text := range f {
			if seen := s.seen(text); seen.Kind == l.Kind {
				all = append(all, seen)
			}
		}
		s.feed(at, Listed{s.ticket("list", string(l.Kind)), all})
	}
}

// seen reads kind/id:label, and after it, each behind a colon: a status, "untagged", "in=1,2", "created=10s".
func (s *story) seen(text string) Seen {
	kind, rest, _ := strings.Cut(text, "/")
	f := strings.Split(rest, ":")
	x := Seen{Kind: storyKinds[kind], ID: s.num(f[0]), Label: f[1]}
	if !tagless(x.Kind) {
		x.Tags = Tags(storyRun, s.cfg.Expires)
	}
	for _, w := range f[2:] {
		k, v, _ := strings.Cut(w, "=")
		switch k {
		case "untagged":
			x.Tags = nil
		case "created":
			x.Created = storyStart.Add(s.dur(v))
		case "in":
			for _, id := range strings.Split(v, ",") {
				x.Tenants = append(x.Tenants, s.num(id))
			}
		default:
			x.Status = w
		}
	}
	return x
}

func (s *story) failure(f []string) Failure {
	classes := map[string]Class{"unknown": Unknown, "wait": Wait, "taken": Taken, "full": Full, "refused": Refused, "wrong": Wrong, "missing": Missing, "inuse": InUse}
	class, ok := classes[f[0]]
	if !ok {
		s.t.Fatalf("unknown class %s", f[0])
	}
	out := Failure{Class: class, Text: "no more than this is told"}
	if len(f) > 1 {
		out.After = s.dur(f[1])
	}
	return out
}

// kindOf is the word for the kind that a creation under way is of.
func (s *story) kindOf(label string) string {
	for _, a := range s.asked {
		for word, k := range storyKinds {
			if c, ok := a.(Create); ok && c.Label == label && c.Want.Kind == k {
				return word
			}
		}
	}
	s.t.Fatalf("nobody asked for %s", label)
	return ""
}

// ticket is the number of the oldest request of this kind about a label, or of a list, and takes it off.
func (s *story) ticket(what, about string) int {
	for i, a := range s.asked {
		n, is, of := 0, "", ""
		switch a := a.(type) {
		case Create:
			n, is, of = a.N, "create", a.Label
		case List:
			n, is, of = a.N, "list", string(a.Kind)
		case Look:
			n, is, of = a.N, "look", a.Label
		case Delete:
			n, is, of = a.N, "delete", a.Label
		}
		if is == what && (of == about || storyKinds[about] != "" && string(storyKinds[about]) == of) {
			s.asked = slices.Delete(s.asked, i, i+1)
			return n
		}
	}
	s.t.Fatalf("nobody asked for: %s %s", what, about)
	return 0
}

func (s *story) dur(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *story) num(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func actionText(a Action) string {
	switch a := a.(type) {
	case Note:
		return strings.TrimSpace(fmt.Sprintf("  note %s %s", a.Line.What, a.Line.Label))
	case Create:
		return "create " + a.Label
	case List:
		return "list " + string(a.Kind)
	case Look:
		return fmt.Sprintf("look %s %d", a.Label, a.ID)
	case Delete:
		return fmt.Sprintf("delete %s %d", a.Label, a.ID)
	case Connect:
		return "connect " + a.Label
	case Reboot:
		return "reboot " + a.Label
	case Install:
		return "install " + a.Label
	case Register:
		return fmt.Sprintf("register %s again=%t", a.Label, a.Again)
	case Become:
		return "→ " + a.State.String()
	case Say:
		return "say " + a.Text
	}
	return fmt.Sprintf("%T", a)
}
