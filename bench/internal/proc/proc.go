// Package proc reads what /proc says of processes and of the machine: which
// processes descend from one, what CPU time and memory they took, and what
// neighbours stole.
package proc

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A Process is one that runs.
type Process struct {
	PID, Parent int
	Args        []string

	began  uint64        // in ticks since the machine's start
	ran    time.Duration // user and system, with threads that have ended
	kernel bool          // it is a thread of the kernel's own
}

// PIDs are those of a process and of all that descend from it.
func PIDs(root int) (pids []int) {
	for _, p := range Tree(root) {
		pids = append(pids, p.PID)
	}
	return pids
}

// Tree are a process and all that descend from it.
func Tree(root int) []Process { return treeOf(list(), root) }

func treeOf(all []Process, root int) (tree []Process) {
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		for _, p := range all {
			if p.PID == todo[0] {
				tree = append(tree, p)
			}
			if p.Parent == todo[0] {
				todo = append(todo, p.PID)
			}
		}
	}
	return tree
}

// list are all processes. One that ends meanwhile is left out.
func list() (all []Process) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		p, ok := parseStat(string(b))
		if !ok {
			continue
		}
		args, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		p.Args = strings.Split(strings.TrimRight(string(args), "\x00"), "\x00")
		all = append(all, p)
	}
	return all
}

// parseStat reads a line of /proc/PID/stat. The name in brackets may hold anything.
func parseStat(line string) (p Process, ok bool) {
	end := strings.LastIndexByte(line, ')')
	if end < 0 {
		return p, false
	}
	_, errPID := fmt.Sscan(line, &p.PID)
	fields := strings.Fields(line[end+1:])
	if errPID != nil || len(fields) < 2 {
		return p, false
	}
	parent, err := strconv.Atoi(fields[1])
	p.Parent = parent
	p.times(fields)
	return p, err == nil
}

// tick is in what the kernel tells times, whatever its own is.
const tick = time.Second / 100

// times takes from the fields behind the name when a process began and how long it ran.
func (p *Process) times(fields []string) {
	const flags, user, system, began, ofKernel = 6, 11, 12, 19, 0x00200000
	if len(fields) <= began {
		return
	}
	number := func(i int) uint64 { n, _ := strconv.ParseUint(fields[i], 10, 64); return n }
	p.kernel = number(flags)&ofKernel != 0
	p.ran = time.Duration(number(user)+number(system)) * tick
	p.began = number(began)
}

// A life is a process's: its number may be another's later, not with the same begin.
type life struct {
	pid   int
	began uint64
}

// Times are how long processes have run in all.
type Times map[life]time.Duration

// Others are those of all processes that are neither this one nor descend from it.
// The kernel knows them exactly, and tells whole ticks of them. What it says of the
// machine as a whole it does not know: who runs at a tick is counted for all of it,
// and of programs that wake by a clock, as loads do, that makes half a core or
// nothing. Its own threads are left out: they work for whoever loads the machine.
// Processes that cannot be seen from here, as of another container, are missed.
func Others() Times {
	return others(list(), os.Getpid())
}

func others(all []Process, than int) Times {
	ours := map[int]bool{}
	for _, p := range treeOf(all, than) {
		ours[p.PID] = true
	}
	t := Times{}
	for _, p := range all {
		if !p.kernel && !ours[p.PID] {
			t[life{p.PID, p.began}] = p.ran
		}
	}
	return t
}

// Since is how long they ran after before. Who came meanwhile counts with all it ran;
// who has ended meanwhile is missed.
func (t Times) Since(before Times) (sum time.Duration) {
	for who, ran := range t {
		sum += ran - before[who]
	}
	return sum
}

// CPU is the time, user and system, that the living threads of processes have run.
func CPU(pids ...int) (sum time.Duration) {
	for _, pid := range pids {
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, file := range files {
			b, _ := os.ReadFile(file)
			var ns int64
			if _, err := fmt.Sscan(string(b), &ns); err == nil {
				sum += time.Duration(ns)
			}
		}
	}
	return sum
}

// PSS is the memory of processes in bytes, pages they share divided among those who do.
func PSS(pids ...int) (sum float64, err error) {
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return 0, err
		}
		kb, err := field(b, "Pss:")
		if err != nil {
			return 0, fmt.Errorf("smaps_rollup of %d: %w", pid, err)
		}
		sum += kb * 1024
	}
	return sum, nil
}

// Available is how much memory the machine could still give, in bytes.
func Available() (float64, error) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	kb, err := field(b, "MemAvailable:")
	return kb * 1024, err
}

// field is the number behind a name at the beginning of a line.
func field(text []byte, name string) (v float64, err error) {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name); ok {
			_, err = fmt.Sscan(rest, &v)
			return v, err
		}
	}
	return 0, fmt.Errorf("no %s", name)
}

// Numbers are those of a file of /proc/sys, such as "fs/file-nr".
func Numbers(name string) (all []int, err error) {
	b, err := os.ReadFile(filepath.Join("/proc/sys", name))
	if err != nil {
		return nil, err
	}
	for _, word := range strings.Fields(string(b)) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, n)
	}
	return all, nil
}

// Clock is what the machine's time went to, in ticks: the first line of /proc/stat.
type Clock []float64

// Read reads it.
func Read() (c Clock) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return nil
	}
	line, _, _ := strings.Cut(string(b), "\n")
	for _, word := range strings.Fields(line)[1:] {
		v, _ := strconv.ParseFloat(word, 64)
		c = append(c, v)
	}
	return c
}

// Steal is the share of the machine's time since before that neighbours took.
func (c Clock) Steal(before Clock) float64 {
	const stolen, guests = 7, 8 // guests' time is counted as user time too
	if len(c) < guests || len(before) < guests {
		return 0
	}
	total := 0.0
	for i := range guests {
		total += c[i] - before[i]
	}
	if total <= 0 {
		return 0
	}
	return (c[stolen] - before[stolen]) / total
}

// MostTaken is the share of the machine that others may take of a run that is to count.
const MostTaken = 0.08

const tries = 4

// Quietest repeats what others disturbed, who took so much of the machine: neighbours
// or processes on it. Of runs that were all disturbed the quietest counts.
func Quietest[T any](once func() (T, error), taken func(T) float64) (best T, err error) {
	for try := range tries {
		r, err := once()
		if err != nil {
			return r, err
		}
		if try == 0 || taken(r) < taken(best) {
			best = r
		}
		if taken(best) <= MostTaken {
			break
		}
	}
	return best, nil
}

// Ran is how long the process ran, user and system, in whole ticks of 10 ms.
func (p Process) Ran() time.Duration { return p.ran }
