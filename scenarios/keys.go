package scenarios

import "github.com/loadctl/loadctl/scenarios/document"

// keys are the keys of one kind of mapping: see document.Keys.
type keys struct {
	known, later string
	habits       map[string]document.Habit
}

// grammar are the keys of each kind of mapping. docs/scenario.md has a table of each, and a
// test holds the two against each other; those of monitors are monitorKeys.
var grammar = struct {
	file, target, resolve, tls, http, pool, auth, basic, expect keys
	user, network, wait, think, task, step, check, body         keys
	phase, start, stage, heartbeat, threshold, agents, fleet    keys
}{
	file: keys{
		known:  "version name description tags vars target http users allow_hosts phases slo thresholds agents fleet",
		later:  "feeders setup teardown gate outputs",
		habits: fileHabits,
	},
	target: keys{
		known:  "base_url bundled workers tls resolve monitor",
		habits: targetHabits,
	},
	resolve: keys{known: "every"},
	tls:     keys{known: "ca_file cert_file key_file server_name min_version resume skip_verify"},
	http: keys{
		known: "version timeout connect_timeout headers auth expect keep_bodies cookies follow_redirects pool server_timing",
	},
	pool:   keys{known: "reuse max max_age max_requests connect_rate close"},
	auth:   keys{known: "basic bearer", later: "digest ntlm negotiate"},
	basic:  keys{known: "user password"},
	expect: keys{known: "status"},

	user: keys{
		known:  "wait_time network tasks",
		later:  "on_start on_stop",
		habits: userHabits,
	},
	network: keys{known: "read_rate write_rate"},
	wait:    keys{known: "constant between exponential pacing"},
	think:   keys{known: "constant between exponential"},
	task: keys{
		known:  "weight steps",
		later:  "script",
		habits: taskHabits,
	},
	step: keys{
		known: "get post put patch delete head options name headers auth json body timeout expect check think follow_redirects " +
			"body_file body_size expect_continue network server_timing",
		later:  "extract when expr script form query",
		habits: stepHabits,
	},
	check: keys{
		known:  "status header body json equals contains exists",
		later:  "expr size duration matches",
		habits: checkHabits,
	},
	body: keys{known: "contains", later: "equals matches size"},

	phase: keys{
		known: anyPhase + "vus duration stages rate start_rate max_vus max_lag arrivals over pool " +
			"connections connect_rate hold heartbeat on_close",
		later:  "step step_duration settle precision max_rate slo burstiness",
		habits: phaseHabits,
	},
	start:     keys{known: "with after delay"},
	stage:     keys{known: "target duration"},
	heartbeat: keys{known: "task every jitter"},
	threshold: keys{known: "threshold abort_on_fail delay_abort_eval"},
	agents:    keys{known: "min on_loss", later: "valid_if"},
	fleet:     keys{known: "provider type image region count regions ttl max_cost_usd network from sysctl"},
}
