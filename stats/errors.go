package stats

import (
	"cmp"
	"slices"
)

// errorKey is what makes two failures the same kind.
type errorKey struct {
	cell   int
	class  Class
	status int
	kind   string
}

func (g *ErrorGroup) key() errorKey {
	return errorKey{g.Cell, g.Class, g.Status, g.Kind}
}

func compareKeys(a, b errorKey) int {
	return cmp.Or(
		cmp.Compare(a.cell, b.cell), cmp.Compare(a.class, b.class),
		cmp.Compare(a.status, b.status), cmp.Compare(a.kind, b.kind))
}

// CompareErrors orders error groups as lists of them are ordered: by row, class,
// status and kind.
func CompareErrors(a, b *ErrorGroup) int { return compareKeys(a.key(), b.key()) }

// mergeErrors adds the groups of both lists, each in order of key, and keeps the
// limit most frequent kinds by name. Neither list is changed.
func mergeErrors(a, b []ErrorGroup, limit int) []ErrorGroup {
	if len(b) == 0 {
		return a
	}
	merged := make([]ErrorGroup, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch c := compareKeys(a[0].key(), b[0].key()); {
		case c < 0:
			merged, a = append(merged, a[0]), a[1:]
		case c > 0:
			merged, b = append(merged, b[0]), b[1:]
		default:
			merged = append(merged, addGroups(a[0], b[0]))
			a, b = a[1:], b[1:]
		}
	}
	merged = append(append(merged, a...), b...)
	return foldRare(merged, limit)
}

func addGroups(a, b ErrorGroup) ErrorGroup {
	a.Count += b.Count
	a.First, a.Last = min(a.First, b.First), max(a.Last, b.Last)
	a.Samples = pickSamples(slices.Concat(a.Samples, b.Samples))
	return a
}

// foldRare keeps the limit most frequent groups and adds the others up by row
// and class. Groups that are such sums already stay beside the limit, so the
// list holds at most limit + rows × classes.
func foldRare(groups []ErrorGroup, limit int) []ErrorGroup {
	named := 0
	for i := range groups {
		if groups[i].Kind != OtherErrors {
			named++
		}
	}
	if named <= limit {
		return groups
	}
	return foldInto(groups, rarest(groups, named-limit))
}

// rarest are the n least frequent kinds; of equals the later key.
func rarest(groups []ErrorGroup, n int) map[errorKey]bool {
	byCount := slices.Clone(groups)
	byCount = slices.DeleteFunc(byCount, func(g ErrorGroup) bool { return g.Kind == OtherErrors })
	slices.SortFunc(byCount, func(a, b ErrorGroup) int {
		return cmp.Or(cmp.Compare(a.Count, b.Count), compareKeys(b.key(), a.key()))
	})
	rare := make(map[errorKey]bool, n)
	for _, g := range byCount[:n] {
		rare[g.key()] = true
	}
	return rare
}

func foldInto(groups []ErrorGroup, rare map[errorKey]bool) []ErrorGroup {
	kept := groups[:0]
	others := map[errorKey]ErrorGroup{}
	for _, g := range groups {
		if !rare[g.key()] && g.Kind != OtherErrors {
			kept = append(kept, g)
			continue
		}
		g.Status, g.Kind = 0, OtherErrors
		if o, ok := others[g.key()]; ok {
			g = addGroups(o, g)
		}
		others[g.key()] = g
	}
	for _, g := range others {
		kept = append(kept, g)
	}
	slices.SortFunc(kept, func(a, b ErrorGroup) int { return compareKeys(a.key(), b.key()) })
	return kept
}

// pickSamples chooses the first, the slowest and the last of the examples. Each is
// an extreme of all examples, so choosing again among chosen ones gives the
// same, in whatever order lists are merged.
func pickSamples(all []ErrorSample) []ErrorSample {
	slices.SortFunc(all, compareSamples)
	all = slices.Compact(all)
	if len(all) <= MaxErrorSamples-1 {
		return all
	}
	slowest := slices.MaxFunc(all, compareSlowness)
	picked := []ErrorSample{all[0], slowest, all[len(all)-1]}
	return slices.Compact(picked)
}

func compareSamples(a, b ErrorSample) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Response, b.Response),
		cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Detail, b.Detail))
}

func compareSlowness(a, b ErrorSample) int {
	return cmp.Or(cmp.Compare(a.Response, b.Response), compareSamples(a, b))
}
