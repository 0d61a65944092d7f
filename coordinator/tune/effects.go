package tune

import (
	"cmp"
	"math"
	"slices"

	"github.com/loadctl/loadctl/stats"
)

// The interaction check: parameters at most, and blocks of all their corners.
const (
	mostFactors   = 3
	leastReplicas = 2
	mostReplicas  = 4
)

// A factor is a parameter with its levels around the best, as indices of its values.
type factor struct{ param, low, high int }

// factorial measures the corners around the best: each parameter one value below and one above.
func factorial(s *Search) stage {
	factors := s.factors()
	corners, why := s.corners(factors)
	if len(factors) == 0 {
		why = "no parameter has two values around the best"
	}
	each := len(corners) + 1
	replicas := min(mostReplicas, (s.remaining()-2*validations)/each)
	if why == "" && replicas < leastReplicas {
		why = "no trials are left for it"
	}
	if why != "" {
		s.flag("the interaction check is left out: " + why)
		return validate
	}
	for range replicas {
		s.plan(slices.DeleteFunc(slices.Clone(corners), func(w int) bool { return w == inForce }), job{kind: kindEffects})
	}
	return func(s *Search) stage {
		s.measure(factors, corners)
		return validate
	}
}

// factors are the parameters whose values around the best differ; of many, those whose values matter most.
func (s *Search) factors() (all []factor) {
	for i, p := range s.cfg.Params {
		at := s.points[s.best].at[i]
		f := factor{i, max(at-1, 0), min(at+1, len(p.Values)-1)}
		if at >= 0 && f.low < f.high {
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b factor) int { return -cmp.Compare(s.matters(a.param), s.matters(b.param)) })
	return all[:min(len(all), mostFactors)]
}

// matters is how far the mean scores of a parameter's values are apart.
func (s *Search) matters(param int) float64 {
	sum, n := map[int]float64{}, map[int]float64{}
	for who := 1; who < len(s.points); who++ {
		if v := s.score(who); !math.IsInf(v, 0) {
			sum[s.points[who].at[param]] += v
			n[s.points[who].at[param]]++
		}
	}
	low, high := math.Inf(1), math.Inf(-1)
	for at, v := range sum {
		low, high = min(low, v/n[at]), max(high, v/n[at])
	}
	return high - low
}

// corners are the settings at the levels; bit f of a corner's index is factor f's level. Not all can be had: why.
func (s *Search) corners(factors []factor) (all []int, why string) {
	for bits := range 1 << len(factors) {
		set := Setting{}
		for name, v := range s.points[s.best].setting {
			set[name] = v
		}
		for f, of := range factors {
			p := s.cfg.Params[of.param]
			set[p.Name] = p.Values[of.low]
			if bits>>f&1 == 1 {
				set[p.Name] = p.Values[of.high]
			}
		}
		who, why := s.find(set)
		if why != "" {
			return nil, s.cfg.key(set) + ": " + why
		}
		all = append(all, who)
	}
	return all, ""
}

// find is the point of a setting, a new one where it was not in the first rung.
func (s *Search) find(set Setting) (who int, why string) {
	p := s.cfg.point(set)
	if who = slices.IndexFunc(s.points, func(q point) bool { return q.key == p.key }); who >= 0 {
		return who, s.out[who]
	}
	if ok, why := s.cfg.allowed(set); !ok {
		return 0, why
	}
	if math.IsNaN(p.cost) || math.IsInf(p.cost, 0) {
		return 0, "its cost is no number"
	}
	s.points = append(s.points, p)
	return len(s.points) - 1, ""
}

// measure has main effects and interactions of two from the corners: contrasts within blocks, so that what drifts
// cancels, with an error from what contrasts of one kind differ by between blocks.
func (s *Search) measure(factors []factor, corners []int) {
	blocks := s.whole(corners)
	if len(blocks) < leastReplicas {
		s.flag("the interaction check has too few whole blocks")
		return
	}
	sd, df := residual(blocks)
	half := stats.StudentT(0.975, float64(df)) * 2 * sd / math.Sqrt(float64(len(blocks)*len(corners)))
	add := func(sign func(bits int) float64, params ...string) {
		c := contrast(blocks, sign)
		s.effects = append(s.effects, Effect{params, expm1(c), expm1(c - half), expm1(c + half)})
	}
	name := func(f int) string { return s.cfg.Params[factors[f].param].Name }
	level := func(bits, f int) float64 { return float64(bits>>f&1)*2 - 1 }
	for f := range factors {
		add(func(bits int) float64 { return level(bits, f) }, name(f))
	}
	for f := range factors {
		for g := f + 1; g < len(factors); g++ {
			add(func(bits int) float64 { return level(bits, f) * level(bits, g) }, name(f), name(g))
		}
	}
}

// whole are the corners' values in each block of the check that has all.
func (s *Search) whole(corners []int) (blocks [][]float64) {
	for _, first := range s.of[corners[0]] {
		var row []float64
		for _, who := range corners {
			if y, ok := s.in[cell{first.block, who}]; ok {
				row = append(row, y)
			}
		}
		if first.kind == kindEffects && len(row) == len(corners) {
			blocks = append(blocks, row)
		}
	}
	return blocks
}

// contrast is the mean over high levels less that over low ones.
func contrast(blocks [][]float64, sign func(bits int) float64) (sum float64) {
	for _, row := range blocks {
		for bits, y := range row {
			sum += sign(bits) * y
		}
	}
	return 2 * sum / float64(len(blocks)*len(blocks[0]))
}

// residual is the standard deviation of one trial, when corners and blocks have a mean each.
func residual(blocks [][]float64) (sd float64, df int) {
	rows, cols := len(blocks), len(blocks[0])
	column, all := make([]float64, cols), 0.0
	for _, row := range blocks {
		for i, y := range row {
			column[i] += y / float64(rows)
			all += y / float64(rows*cols)
		}
	}
	sum := 0.0
	for _, row := range blocks {
		m := mean(row)
		for i, y := range row {
			e := y - m - column[i] + all
			sum += e * e
		}
	}
	df = (rows - 1) * (cols - 1)
	return math.Sqrt(sum / float64(max(df, 1))), df
}
