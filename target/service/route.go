package service

import (
	"net/http"
	"strings"

	"github.com/loadctl/loadctl/target/counts"
)

// find is the route of a path, and the id in it: what comes of the path, for a static
// file or a size.
func find(method, path string) (counts.Route, string) {
	if id, ok := strings.CutPrefix(path, "/items/"); ok {
		return item(id, counts.RouteItems, counts.RouteDetail)
	}
	switch path {
	case "/health":
		return counts.RouteHealth, ""
	case "/items":
		if method == http.MethodPost {
			return counts.RouteAdd, ""
		}
		return counts.RouteList, ""
	case "/login":
		return counts.RouteLogin, ""
	case "/session":
		return counts.RouteSession, ""
	case "/ws":
		return counts.RouteWebSocket, ""
	case "/events":
		return counts.RouteEvents, ""
	case "/bytes":
		return counts.RouteBytes, ""
	}
	return inFolder(path)
}

// inFolder finds the paths with something behind them.
func inFolder(path string) (counts.Route, string) {
	if id, ok := strings.CutPrefix(path, "/cached/items/"); ok {
		return item(id, counts.RouteCached, counts.RouteCachedDetail)
	}
	if name, ok := strings.CutPrefix(path, "/static/"); ok {
		return counts.RouteStatic, name
	}
	if n, ok := strings.CutPrefix(path, "/bytes/"); ok {
		return counts.RouteBytes, n
	}
	return counts.RouteOther, ""
}

// item tells an item from its detail.
func item(id string, whole, detail counts.Route) (counts.Route, string) {
	id, of, more := strings.Cut(id, "/")
	switch {
	case id == "" || more && of != "detail":
		return counts.RouteOther, ""
	case more:
		return detail, id
	}
	return whole, id
}

// allow are the methods of each route; a route without any takes them all.
var allow = [counts.Routes]string{
	counts.RouteItems: "GET", counts.RouteHealth: "GET, HEAD", counts.RouteList: "GET, POST", counts.RouteAdd: "GET, POST",
	counts.RouteDetail: "GET", counts.RouteCached: "GET", counts.RouteCachedDetail: "GET", counts.RouteLogin: "POST",
	counts.RouteSession: "GET, DELETE", counts.RouteWebSocket: "GET", counts.RouteEvents: "GET", counts.RouteStatic: "GET, HEAD",
	counts.RouteBytes: "GET, POST",
}

func allowed(rt counts.Route, method string) bool {
	if rt == counts.RouteItems || rt == counts.RouteHealth { // the usual ones first
		return method == http.MethodGet || rt == counts.RouteHealth && method == http.MethodHead
	}
	for m := range strings.SplitSeq(allow[rt], ", ") {
		if m == method || m == "" {
			return true
		}
	}
	return false
}
