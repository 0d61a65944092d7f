package service

import (
	"cmp"

	"github.com/loadctl/loadctl/target/knobs"
)

// Config is what one worker's service needs.
type Config struct {
	Settings  knobs.Settings `json:"-"` // at first; Upstream must be a URL. Workers read them from the board
	AuthToken string         // answer of /.well-known/loadctl; "" = 404
}

// A state is settings and what was made for them. A request keeps the one it began with.
type state struct {
	knobs.Settings
	pool *pool
}

// Apply puts other settings in force for the requests that begin from now on. Those
// under way end by the settings, and with the upstream connections, they began with.
func (s *Service) Apply(to knobs.Settings) error {
	now := &state{Settings: to, pool: s.state.Load().pool}
	if poolOf(to) == now.pool.limits {
		s.state.Store(now)
		return nil
	}
	old := now.pool
	now.pool = newPool(poolOf(to), &s.slot.Upstream)
	s.state.Store(now)
	old.retire()
	return nil
}

func poolOf(s knobs.Settings) poolLimits {
	most := s.UpstreamMaxConnections
	if s.UpstreamMaxPerHost > 0 {
		most = min(most, s.UpstreamMaxPerHost) // there is one host
	}
	return poolLimits{most: most, idle: min(most, cmp.Or(s.UpstreamMaxIdle, most)),
		expiry: s.UpstreamKeepaliveExpiry, wait: s.UpstreamPoolTimeout}
}
