package scenarios

import (
	"strings"
	"time"

	"github.com/loadctl/loadctl/scenarios/document"
)

// What people write who come from Locust, k6 or JMeter, and what to write here. Keys of the
// full grammar that are not built are among them: docs/coming-from.md says the same at length.

var fileHabits = map[string]document.Habit{
	"host":      {Key: "target", Say: `write target: {base_url: "http://127.0.0.1:8000"}`},
	"base_url":  {Key: "target", Say: "it stands in target: {base_url: …}"},
	"scenarios": {Key: "phases", Say: "who does what stands in users, and when in phases"},
	"stages":    {Key: "phases", Say: "stages are those of a phase: {name: ramp, executor: ramping-vus, stages: […]}"},
	"tasks":     {Key: "users", Say: "tasks are those of a user: users: {shopper: {tasks: …}}"},
	"checks":    {Say: "a check is part of a step: check: [{status: 200}]"},
	"vus":       {Key: "phases", Say: "a phase says how many: {name: steady, executor: constant-vus, vus: 10, duration: 30s}"},
	"duration":  {Key: "phases", Say: "a phase says how long: {name: steady, executor: constant-vus, vus: 10, duration: 30s}"},
	"feeders":   {Say: "${rand.int(1, 1000)} draws a number of a range; data of a file cannot be read"},
	"setup":     {Say: "make what it would make beforehand, and give it as a variable: -e token=…"},
	"params":    {Say: "this looks like a tuning file: `loadctl tune FILE --dry-run`"},
	"start":     {Say: "this looks like a side of a gate: `loadctl gate SCENARIO --baseline cmd:FILE …`"},
	"gate":      {Say: "`loadctl gate` compares two builds; docs/gate.md"},
}

var targetHabits = map[string]document.Habit{
	"host": {Key: "base_url", Say: `write base_url: "http://127.0.0.1:8000"`},
	"url":  {Key: "base_url", Say: `write base_url: "http://127.0.0.1:8000"`},
}

var userHabits = map[string]document.Habit{
	"weight":   {Say: "tasks have weights; how many users of a kind there are is said by a phase with user: and vus"},
	"host":     {Say: "all users load target.base_url"},
	"on_start": {Say: "log in as the first step of a task, with http: {cookies: true}; or give a token from outside: -e token=…"},
}

var taskHabits = map[string]document.Habit{
	"script":   {Say: "write its requests as steps"},
	"requests": {Key: "steps", Say: "write steps: [{get: /items}]"},
}

var stepHabits = map[string]document.Habit{
	"wait":    {Key: "get", Say: "a pause is a step of its own: - think: 1s"},
	"sleep":   {Key: "get", Say: "a pause is a step of its own: - think: 1s"},
	"params":  {Say: "a query is part of the path: get: /items?limit=10"},
	"query":   {Say: "it is part of the path: get: /items?limit=10"},
	"data":    {Say: "write json: for a value, or body: for text"},
	"form":    {Say: `write body: "username=ada&password=…" with headers: {Content-Type: application/x-www-form-urlencoded}`},
	"url":     {Key: "get", Say: "the method names the path: get: /items"},
	"path":    {Key: "get", Say: "the method names the path: get: /items"},
	"method":  {Say: "the method names the path: get: /items"},
	"cookies": {Say: "http: {cookies: true} keeps those of each user"},
	"status":  {Say: "write check: [{status: 200}]"},
	"tags":    {Say: "name: is the row of a request"},
	"weight":  {Say: "tasks have weights, and a step is done each time"},
	"extract": {Say: "values of answers cannot be used yet: docs/coming-from.md says what to do instead"},
}

var checkHabits = map[string]document.Habit{
	"jsonpath": {Key: "json", Say: "write {json: $.id, equals: 7}"},
	"text":     {Key: "body", Say: "write {body: {contains: …}}"},
	"duration": {Say: "limits on times are slo: {response_time: [p(99)<200ms]}"},
}

const rampHint = "write executor: ramping-vus, stages: [{target: 50, duration: 10s}]: 5 users more each second"

var phaseHabits = map[string]document.Habit{
	"users":           {Key: "vus", Say: "vus: 50 says how many; user: NAME says which kind, where there are several"},
	"spawn_rate":      {Key: "stages", Say: rampHint},
	"hatch_rate":      {Key: "stages", Say: rampHint},
	"run_time":        {Key: "duration", Say: "write duration: 5m"},
	"target":          {Key: "stages", Say: "it is that of a stage: stages: [{target: 50, duration: 10s}]"},
	"exec":            {Key: "user", Say: "user: NAME says who does it"},
	"preAllocatedVUs": {Say: "nothing need be allocated; max_vus: 200 bounds how many are in flight"},
	"timeUnit":        {Say: "the rate has its unit: rate: 200/s, or 6000/m"},
	"startTime":       {Say: "write start: {delay: 5s}; phases follow each other unless start: {with: …} says otherwise"},
	"iterations":      {Say: "a phase ends by its duration, not by a number of iterations"},
	"slo":             {Say: "the file has slo:, with a tag for one phase: response_time{phase:steady}: [p(99)<200ms]"},
}

// pauseHint answers a pause written as a call, which Locust does: between(1, 5). It is ""
// of all else.
func pauseHint(text string) string {
	name, args, call := strings.Cut(strings.TrimSpace(text), "(")
	if !call {
		return ""
	}
	times := pausesOf(strings.TrimSuffix(args, ")"))
	switch {
	case name == "between" && len(times) == 2:
		return "write {between: [" + times[0] + ", " + times[1] + "]}"
	case name == "constant" && len(times) == 1:
		return "write " + times[0]
	case name == "constant_pacing" && len(times) == 1:
		return "write {pacing: " + times[0] + "}"
	}
	return "such as {between: [1s, 5s]}"
}

// pausesOf are the arguments of a call as durations: a bare number is in seconds there.
func pausesOf(args string) (times []string) {
	for arg := range strings.SplitSeq(args, ",") {
		arg = strings.TrimSpace(arg)
		if _, bare := parseNumber(arg); bare {
			arg += "s"
		}
		if _, err := time.ParseDuration(arg); err != nil {
			return nil
		}
		times = append(times, arg)
	}
	return times
}
