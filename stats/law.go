package stats

import (
	"math"
	"time"

	"gonum.org/v1/gonum/mathext"
)

// kolmogorov is how likely n independent values are to lie at least d from their law
// somewhere, with Stephens' correction for few of them (1970):
//
//	Q(λ) = 2 Σ (−1)^(k−1) e^(−2k²λ²),  λ = (√n + 0.12 + 0.11/√n)·d
func kolmogorov(d float64, n uint64) float64 {
	root := math.Sqrt(float64(n))
	lambda := (root + 0.12 + 0.11/root) * d
	if n == 0 || lambda < 0.3 { // above 1 − 10⁻⁵
		return 1
	}
	sum, sign := 0.0, 2.0
	for k := 1.0; k < 20; k++ {
		sum += sign * math.Exp(-2*k*k*lambda*lambda)
		sign = -sign
	}
	return min(max(sum, 0), 1)
}

// distanceP is the chance of the distance where each arrival may be taken up late by
// slack. Lateness within limits is for the limits of lag to judge.
func (a *ArrivalTest) distanceP(slack time.Duration) float64 {
	return kolmogorov(max(a.D-a.Steepest*slack.Seconds()/WindowLength.Seconds(), 0), a.N)
}

// spreadP is the chance of counts at least so uneven, or so even. Those of arrivals
// late by slack vary more by up to slack over the length of a stretch, squared; nothing
// that a pacer does makes them more even.
func (a *ArrivalTest) spreadP(slack time.Duration) float64 {
	if a.Bins < fewStretches {
		return 1
	}
	free := float64(a.Bins - 1)
	chi2 := a.Dispersion * free
	part := min(slack.Seconds()/WindowLength.Seconds()*float64(a.Bins), 1)
	above := max(chi2-float64(a.N)*part*part, 0)
	return min(2*mathext.GammaIncReg(free/2, chi2/2), 2*mathext.GammaIncRegComp(free/2, above/2), 1)
}

// chance is the smaller of the two, corrected for being one of two.
func (a *ArrivalTest) chance(slack time.Duration) float64 {
	return min(2*min(a.distanceP(slack), a.spreadP(slack)), 1)
}

// lawSlack is the lateness that the law of arrivals forgives: what is in order anyway
// (see LagLimit), but no more than 10 ms, or a tick and a half. Long limits forgive
// lateness since nobody sees it in such response times; bursts are seen by the target.
func (i *Info) lawSlack() time.Duration {
	return min(i.LagLimit(), max(10*time.Millisecond, i.Tick+i.Tick/2))
}
