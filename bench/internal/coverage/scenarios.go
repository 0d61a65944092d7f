package coverage

import "time"

// A Scenario is one percentile of one queue, watched for a while, many times over.
type Scenario struct {
	Queue  Queue
	Length time.Duration
	P      float64
}

// Scenarios are what the bars are held against: every load, lengths at which labels
// are withheld, given, and in between. They have from two to two hundred true episodes.
func Scenarios() (all []Scenario) {
	for _, s := range []struct {
		law     Law
		servers int
		load    float64
		seconds int
		p       float64
	}{
		{"", 1, .5, 60, 99}, {"", 1, .5, 300, 90}, {"", 1, .5, 300, 99}, {"", 1, .5, 3000, 99}, {"", 1, .5, 822, 99.9}, {"", 1, .5, 3000, 99.9},
		{"", 1, .6, 463, 99}, {"", 1, .7, 969, 99},
		{"", 1, .8, 300, 99}, {"", 1, .8, 1200, 99}, {"", 1, .8, 2400, 99},
		{"", 1, .9, 1686, 99}, {"", 1, .9, 8000, 99}, {"", 1, .95, 2400, 99},
		{"", 2, .5, 67, 99}, {"", 2, .6, 46, 99}, {"", 2, .6, 1717, 99.9}, {"", 2, .7, 128, 99}, {"", 2, .7, 1283, 99},
		{"", 2, .8, 964, 99}, {"", 2, .9, 816, 99}, {"", 2, .95, 3600, 99},
		{"", 4, .5, 60, 50}, {"", 4, .5, 60, 99}, {"", 4, .5, 200, 99.9},
		{"", 4, .6, 20, 99}, {"", 4, .6, 128, 99.9}, {"", 4, .7, 85, 99}, {"", 4, .7, 600, 99}, {"", 4, .7, 421, 99.9},
		{"", 4, .8, 100, 90}, {"", 4, .8, 100, 99}, {"", 4, .8, 400, 99}, {"", 4, .8, 904, 99.9},
		{"", 4, .9, 600, 99}, {"", 4, .9, 2000, 99}, {"", 4, .95, 1000, 90}, {"", 4, .95, 1000, 99},
		{"", 16, .5, 18, 99.9}, {"", 16, .6, 17, 99.9}, {"", 16, .7, 10, 99}, {"", 16, .7, 50, 99.9},
		{"", 16, .8, 15, 99.9}, {"", 16, .8, 60, 99}, {"", 16, .9, 10, 99}, {"", 16, .9, 32, 99}, {"", 16, .9, 95, 99.9},
		{"", 16, .95, 120, 99}, {"", 16, .95, 300, 99},
		{Paced, 1, .6, 215, 99}, {Paced, 1, .8, 288, 99}, {Paced, 1, .8, 961, 99}, {Paced, 1, .9, 1080, 99},
		{Varied, 1, .5, 709, 99}, {Varied, 1, .7, 714, 99}, {Varied, 1, .7, 2381, 99}, {Varied, 1, .8, 1478, 99},
	} {
		q := Queue{Servers: s.servers, Service: 100, Load: s.load, Law: s.law}
		all = append(all, Scenario{q, time.Duration(s.seconds) * time.Second, s.p})
	}
	return all
}
