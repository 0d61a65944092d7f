package counts

// A Route is a row of the counters.
type Route int

// The routes of the service.
const (
	RouteItems        Route = iota // GET /items/{id}: two upstream calls
	RouteHealth                    // GET, HEAD /health
	RouteList                      // GET /items, of the database
	RouteAdd                       // POST /items
	RouteDetail                    // GET /items/{id}/detail, of the database
	RouteCached                    // GET /cached/items/{id}
	RouteCachedDetail              // GET /cached/items/{id}/detail
	RouteLogin                     // POST /login
	RouteSession                   // GET, DELETE /session
	RouteWebSocket                 // GET /ws: counted when the connection ends
	RouteEvents                    // GET /events: counted when the stream ends
	RouteStatic                    // GET /static/…
	RouteBytes                     // GET /bytes/{n}, POST /bytes: large and slow bodies
	RouteOther                     // whatever no route answers: 404s
	Routes
)

var routeNames = [Routes]string{"/items/{id}", "/health", "/items", "POST /items", "/items/{id}/detail", "/cached/items/{id}",
	"/cached/items/{id}/detail", "/login", "/session", "/ws", "/events", "/static", "/bytes", "(other)"}

func (r Route) String() string { return routeNames[r] }

// Classes are the status classes, so that status/100 is the index; 0 is unused.
const Classes = 6

var classNames = [Classes]string{1: "1xx", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}

// A Failure is why a call to an upstream or a database gave nothing to use.
type Failure int

// The failures.
const (
	Unreachable Failure = iota // no connection, or it broke
	TimedOut                   // no answer in time, the wait for the pool included
	BadStatus                  // an answer other than 2xx
	Useless                    // an answer that is no JSON, or too large; any other error of a database
	ClientGone                 // our own client went away first
	Full                       // a database without room to write
	Failures
)

var failureNames = [Failures]string{"unreachable", "timeout", "bad_status", "other", "client_gone", "full"}

func (f Failure) String() string { return failureNames[f] }

// MaxDatabases is how many databases a service may have: primary, replicas and shards.
const MaxDatabases = 16
