package rows

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loadctl/loadctl/stats"
)

const tap = "# what this is,\n# in two lines\n" +
	"phase,name,class,status,intended_ns,scheduled_ns,connected_ns,written_ns,first_byte_ns,done_ns,connect_ns,arrived_us,true_us,late_us\n" +
	`load,"a, ""quoted"" one",ok,200,10,20,40,40,3000040,3000060,15,1795699525294462,2990,7` + "\n" +
	"load,/,not_sent,,10,20,,,,500,0,,,\n"

func TestRowsAreRead(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a-1-1.csv", "a-1-2.csv"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(tap), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var all []Row
	if err := ReadDir(dir, func(r Row) { all = append(all, r) }); err != nil || len(all) != 4 {
		t.Fatalf("%v, %v", all, err)
	}
	want := Row{Phase: "load", Name: `a, "quoted" one`, Told: true, Arrived: 1795699525294462, True: 2990 * time.Microsecond, Late: 7 * time.Microsecond,
		Sample: stats.Sample{Status: 200, Intended: 10, Scheduled: 20, Connected: 40, Written: 40, FirstByte: 3000040, Done: 3000060, ConnectTime: 15}}
	if got := all[2]; got.Phase != want.Phase || got.Name != want.Name || got.Arrived != want.Arrived || got.True != want.True || got.Late != want.Late ||
		got.Sample.ResponseTime() != want.Sample.ResponseTime() || got.Sample.Connected != 40 || got.Sample.ConnectTime != 15 || got.Sample.Status != 200 {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := all[1]; got.Told || got.Sample.Class != stats.NotSent || got.Sample.Written != stats.Never || got.Sample.Status != 0 {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsNoTapIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"other columns": strings.Replace(tap, "written_ns", "sent_ns", 1),
		"a column less": "phase,name\n",
		"class":         strings.Replace(tap, "not_sent", "dropped", 1),
		"number":        strings.Replace(tap, "3000060", "3e6", 1),
		"cut":           tap[:len(tap)-10],
	} {
		if err := Read(strings.NewReader(text), func(Row) {}); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
	if err := ReadDir(t.TempDir(), func(Row) {}); err == nil {
		t.Error("a directory without taps is read")
	}
	if err := Read(strings.NewReader(""), func(Row) { t.Error("a row of nothing") }); err != nil {
		t.Error(err)
	}
}
