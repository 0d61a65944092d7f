package service

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/loadctl/loadctl/target/counts"
)

// The page about the target lists every route with its methods, and the parts of Server-Timing.
func TestThePageListsEveryRoute(t *testing.T) {
	text, err := os.ReadFile("../../docs/target.md")
	if err != nil {
		t.Fatal(err)
	}
	methods := map[string][]string{} // by path, as the page has them
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) == 6 && strings.HasPrefix(cells[2], " `/") {
			path := strings.Trim(cells[2], " `")
			methods[path] = append(methods[path], strings.Split(strings.TrimSpace(cells[1]), ", ")...)
		}
	}
	for path, route := range map[string]counts.Route{"/items/{id}": counts.RouteItems, "/health": counts.RouteHealth, "/items": counts.RouteList,
		"/items/{id}/detail": counts.RouteDetail, "/cached/items/{id}": counts.RouteCached, "/cached/items/{id}/detail": counts.RouteCachedDetail,
		"/login": counts.RouteLogin, "/session": counts.RouteSession, "/ws": counts.RouteWebSocket, "/events": counts.RouteEvents,
		"/static/{name}": counts.RouteStatic, "/bytes/{n}": counts.RouteBytes} {
		found, _ := find("GET", strings.NewReplacer("{id}", "1", "{name}", "a", "{n}", "1").Replace(path))
		got := strings.Join(methods[path], ", ")
		if route == counts.RouteBytes {
			got = strings.Join(slices.Concat(methods[path], methods["/bytes"]), ", ")
		}
		if found != route || got != allow[route] {
			t.Errorf("%s (%s): the page has methods %q, the service %q", path, found, got, allow[route])
		}
	}
	for _, part := range append(partNames[:], "app") {
		if !strings.Contains(string(text), "`"+part+"`") {
			t.Errorf("the page does not tell of %s in Server-Timing", part)
		}
	}
}
