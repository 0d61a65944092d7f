package main

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/loadctl/loadctl/scenarios"
)

// monitorsOf are those that --monitor names: endpoints as Prometheus scrapes them. One
// none means that nothing is sampled, whatever the file says.
func monitorsOf(urls []string) (all []scenarios.Monitor, none bool, err error) {
	for i, endpoint := range urls {
		if endpoint == "none" {
			if len(urls) > 1 {
				return nil, false, usage(fmt.Errorf("--monitor none, and others beside it"), "give none alone, or leave it out")
			}
			return nil, true, nil
		}
		m, why := scenarios.PrometheusMonitor(nameOf(i, endpoint), endpoint)
		if why != "" {
			return nil, false, usage(fmt.Errorf("--monitor: %s", why), "such as http://127.0.0.1:9100/metrics, or none")
		}
		all = append(all, m)
	}
	return all, false, nil
}

// watched are the monitors of the run. With --target there is no bundled target, and
// nothing of it to sample.
func (j *job) watched() []scenarios.Monitor {
	if j.unsampled {
		return nil
	}
	own := slices.DeleteFunc(slices.Clone(j.scenario.Target.Monitors), func(m scenarios.Monitor) bool { return m.Bundled && j.target != "" })
	return append(own, j.sampled...)
}

// nameOf names an endpoint by where it is, which no monitor of a file is called.
func nameOf(i int, endpoint string) string {
	name := fmt.Sprintf("--monitor %d", i+1)
	if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
		name += ", " + u.Host
	}
	return name
}
