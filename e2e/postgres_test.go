//go:build e2e

package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// A cluster is a PostgreSQL server of a test: a primary, or a replica of one. It is gone
// with the test, and keeps nothing outside its temporary folder.
type cluster struct {
	t    *testing.T
	bin  string
	dir  string
	port int
	proc *proc
	db   *sql.DB // for the test's own questions
}

// password is of the superuser postgres. No output may show it.
const password = "s3cret-of-the-test"

// postgres starts a primary. Settings are name=value, on top of the test's own.
func postgres(t *testing.T, settings ...string) *cluster {
	t.Helper()
	c := newCluster(t)
	secret := filepath.Join(c.dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o644); err != nil {
		t.Fatal(err)
	}
	c.tool("initdb", "-D", c.data(), "-U", "postgres", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--no-sync")
	c.start(settings...)
	return c
}

// replica starts a streaming replica of a primary.
func (c *cluster) replica(settings ...string) *cluster {
	c.t.Helper()
	r := newCluster(c.t)
	r.tool("pg_basebackup", "-d", c.url("postgres"), "-D", r.data(), "-R", "-X", "stream", "-c", "fast", "--no-sync")
	r.start(settings...)
	return r
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, bin: postgresBin(t)}
	var err error
	// t.TempDir is inside a folder that only its owner may enter.
	if c.dir, err = os.MkdirTemp("", "loadctl-pg-*"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(c.dir) })
	if uid, gid, other := unprivileged(t); other {
		if err := os.Chown(c.dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// postgresBin is where the server's tools are: Debian does not put them on PATH.
func postgresBin(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		lacking(t, "postgresql is not installed")
	}
	slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) + strings.Compare(a, b) })
	return filepath.Dir(found[len(found)-1])
}

// unprivileged is whom the server runs as, since it refuses to run as root.
func unprivileged(t *testing.T) (uid, gid int, other bool) {
	t.Helper()
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ = strconv.Atoi(who.Uid)
	gid, _ = strconv.Atoi(who.Gid)
	return uid, gid, true
}

// command is one of the server's tools, in the process that is started, as another user.
func (c *cluster) command(name string, args ...string) *exec.Cmd {
	words := append([]string{filepath.Join(c.bin, name)}, args...)
	if uid, gid, other := unprivileged(c.t); other {
		as := []string{"setpriv", fmt.Sprintf("--reuid=%d", uid), fmt.Sprintf("--regid=%d", gid), "--clear-groups", "--"}
		words = append(as, words...)
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = c.dir
	return cmd
}

func (c *cluster) tool(name string, args ...string) {
	c.t.Helper()
	if out, err := c.command(name, args...).CombinedOutput(); err != nil {
		c.t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

// start starts the server, again after stop on the same port, and waits until it answers.
func (c *cluster) start(settings ...string) {
	c.t.Helper()
	if c.port == 0 {
		c.port = freePort(c.t)
	}
	args := []string{"-D", c.data(), "-p", strconv.Itoa(c.port)}
	for _, s := range append([]string{"listen_addresses=127.0.0.1", "unix_socket_directories=" + c.dir, "fsync=off", "shared_buffers=16MB",
		"max_connections=60", "hot_standby=on", "wal_level=replica", "autovacuum=off", "wal_retrieve_retry_interval=100ms"}, settings...) {
		args = append(args, "-c", s)
	}
	c.proc = startCommand(c.t, c.dir, c.command("postgres", args...))
	c.t.Cleanup(func() { c.end(syscall.SIGQUIT) })
	if c.db == nil {
		c.db = open(c.t, c.url("postgres")+"?application_name=test&connect_timeout=2")
	}
	eventually(c.t, 30*time.Second, "PostgreSQL answers", func() bool {
		select {
		case <-c.proc.done:
			c.t.Fatalf("PostgreSQL ended\n%s", c.proc.stderr.String())
		default:
		}
		return c.db.Ping() == nil
	})
}

// stop ends the server as a crash would: nothing is written any more, and its clients find
// out by themselves. Its memory is given back, which a SIGKILL would leave.
func (c *cluster) stop() {
	c.t.Helper()
	c.end(syscall.SIGQUIT)
}

func (c *cluster) end(how syscall.Signal) {
	select {
	case <-c.proc.done:
		return
	default:
	}
	_ = c.proc.cmd.Process.Signal(how)
	select {
	case <-c.proc.done:
	case <-time.After(20 * time.Second):
		c.t.Error("PostgreSQL does not end")
	}
}

// url names a database of the server, as its superuser.
func (c *cluster) url(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("postgres", password), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), Path: database}
	return u.String()
}

// database makes a database, and is its URL.
func (c *cluster) database(name string) string {
	c.t.Helper()
	c.do("CREATE DATABASE " + name)
	return c.url(name)
}

func (c *cluster) do(statement string) {
	c.t.Helper()
	if _, err := c.db.Exec(statement); err != nil {
		c.t.Fatalf("%s: %v", statement, err)
	}
}

// ask is the one value a query gives, as text.
func (c *cluster) ask(query string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var value sql.NullString
	if err := c.db.QueryRowContext(ctx, query).Scan(&value); err != nil {
		c.t.Fatalf("%s: %v", query, err)
	}
	return value.String
}

// open is a database for the test's own questions.
func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// freePort is a port that nobody listened at a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
