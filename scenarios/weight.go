package scenarios

import "github.com/loadctl/loadctl/scenarios/arrival"

// draws is how often each request is drawn to learn its size: expressions make some longer than others.
const draws = 16

// RequestBytes is the size of a request of the file's load in the mean, head and body, without what packets and encryption
// add. Streamed bodies count with their size, cookies not at all, as the target sets them. 0 = nothing is asked.
func (s *Scenario) RequestBytes() int {
	sum := 0.0
	rand := arrival.NewRand(1)
	for _, m := range s.mix() {
		sum += m.share * m.user.requestBytes(&Values{Rand: &rand, VU: 1000, Iteration: 1000})
	}
	return int(sum + 0.5)
}

// requestBytes is the mean of the requests of its tasks, by their weights.
func (u *User) requestBytes(v *Values) float64 {
	sum, requests := 0.0, 0
	for i := range u.Tasks {
		t := &u.Tasks[i]
		for j := range t.Steps {
			sum += float64(t.Weight) * t.Steps[j].bytes(v)
		}
		requests += t.Weight * len(t.Steps)
	}
	return sum / float64(max(requests, 1))
}

func (s *Step) bytes(v *Values) float64 {
	total, room := 0, []byte(nil)
	for range draws {
		room = s.AppendRequest(room[:0], v)
		total += len(room)
	}
	size := float64(total) / draws
	if s.Extra != nil && s.Extra.Upload != nil {
		size += float64(s.Extra.Upload.Size)
	}
	return size
}
