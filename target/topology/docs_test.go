package topology

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheDocumentIsTrue holds docs/topology.md against the code.
func TestTheDocumentIsTrue(t *testing.T) {
	text, err := os.ReadFile("../../docs/topology.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(doc, -1) {
		if err := Parse("docs", []byte(m[1])).Err(); err != nil {
			t.Error(err)
		}
	}
	rows := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| (?:`(\\w+)`|the file) \\| (.*) \\|$").FindAllStringSubmatch(doc, -1) {
		rows[m[1]] = m[2]
	}
	for block, keys := range Parse("t.yaml", []byte("version: 1\ncache: none\n")).grammar {
		for _, key := range keys {
			if !strings.Contains(rows[block], "`"+key+"`") {
				t.Errorf("the table does not tell of %q in %q", key, block)
			}
		}
	}
	top := Parse("t.yaml", []byte("version: 1\nbalancer: none\ndatabase: {kind: postgres}\nservices: {nodes: 2, settings: {workers: 3}}\n"))
	need, err := top.Need(1)
	if err != nil {
		t.Fatal(err)
	}
	basic, premium := nodeBalancers()[0], nodeBalancers()[1]
	for _, fact := range []string{
		fmt.Sprintf("Two nodes with 3 workers and SQLAlchemy's 5 + 10 have %d.", need.Connections),
		fmt.Sprintf("More than %s are refused, as each is a process of about %d MiB", thousands(MostConnections), connectionMemory),
		fmt.Sprintf("%d MiB for a system, %d MiB for a worker", systemMemory, workerMemory),
		fmt.Sprintf("%d MiB for a database connection and %d MiB for a PostgreSQL", connectionMemory, sharedMemory),
		fmt.Sprintf("A NodeBalancer costs $%.2f a month and holds %s connections at once", basic.Month, thousands(basic.Connections)),
		fmt.Sprintf("$%.2f and %s.", premium.Month, thousands(premium.Connections)),
		"Prices are those of " + PricesOf,
		usualPorts(),
		"a plan type for each of " + strings.Join(Roles(), ", "),
	} {
		if !strings.Contains(strings.ReplaceAll(doc, "\n", " "), fact) {
			t.Errorf("it does not say: %s", fact)
		}
	}
}

// usualPorts are those of parts on machines of their own.
func usualPorts() string {
	at := func(cache, role string) int { return (&Topology{Cache: Cache{Kind: cache}}).port(role) }
	return fmt.Sprintf("or %d, %d, %d, %d, %d and %d (database, Redis, memcached, upstream, node, balancer)",
		at("", "database"), at("redis", "cache"), at("memcached", "cache"), at("", "upstream"), at("", "service"), at("", "balancer"))
}

func thousands(n int) string { return fmt.Sprintf("%d,%03d", n/1000, n%1000) }
