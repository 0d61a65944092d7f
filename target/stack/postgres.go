package stack

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	"time"
)

// A Postgres is one server of a stack, with a cluster of its own in Dir.
type Postgres struct {
	Name        string
	Dir         string // of the stack
	Bin         string // folder of the programs, see PostgresBin
	Address     string // host:port
	Password    string
	Connections int               // max_connections
	Settings    map[string]string // PostgreSQL's own
	// Of is the primary that it follows as a replica; nil = it is a primary.
	Of *Postgres
}

// The one database and the one user of a server; user is a superuser of it.
const (
	postgresUser     = "loadctl"
	postgresDatabase = "items"
)

// PostgresBin finds the folder of PostgreSQL's programs, the newest where there are
// several. given is where the file says that they are.
func PostgresBin(given string) (string, error) {
	if given != "" {
		if _, err := os.Stat(filepath.Join(given, "initdb")); err != nil {
			return "", fmt.Errorf("database.bin: there is no initdb in %s", given)
		}
		return given, nil
	}
	initdb := find("initdb", "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")
	if initdb == "" {
		return "", missing("PostgreSQL", "postgresql", "write `database: {kind: sqlite}`, or database.url with one that runs elsewhere")
	}
	if real, err := filepath.EvalSymlinks(initdb); err == nil {
		initdb = real
	}
	return filepath.Dir(initdb), nil
}

// URL is what clients are told: it has the password.
func (p *Postgres) URL() string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(postgresUser, p.Password), Host: p.Address, Path: postgresDatabase, RawQuery: "sslmode=disable"}
	return u.String()
}

// Part is the server as a part of a stack.
func (p *Postgres) Part() (Part, error) {
	as, err := unprivileged("postgres", "nobody")
	if err == nil {
		err = reached(filepath.Dir(p.Dir), as)
	}
	if err != nil {
		return Part{}, err
	}
	prepare := p.create
	if p.Of != nil {
		prepare = p.follow
	}
	return Part{Name: p.Name, Address: "postgres://" + p.Address + "/" + postgresDatabase, Stop: syscall.SIGINT, User: as,
		Prepare: func(ctx context.Context, with Preparation) error { return prepare(ctx, with, as) },
		Command: p.command, Healthy: func(ctx context.Context, _ Ready) error { return p.healthy(ctx) }, Within: time.Minute}, nil
}

func (p *Postgres) data() string { return filepath.Join(p.Dir, p.Name) }

// create makes an empty cluster. What is written while it is made need not survive a
// power cut; what the server writes later does, unless Settings say otherwise.
func (p *Postgres) create(ctx context.Context, with Preparation, as *syscall.Credential) error {
	if err := owned(p.data(), as); err != nil {
		return err
	}
	pw := filepath.Join(p.data(), "password")
	if err := os.WriteFile(pw, []byte(p.Password+"\n"), 0o600); err != nil {
		return err
	}
	if as != nil {
		if err := os.Chown(pw, int(as.Uid), int(as.Gid)); err != nil {
			return err
		}
	}
	err := p.do(ctx, with, as, "initdb", "-D", filepath.Join(p.data(), "cluster"), "-U", postgresUser, "--pwfile", pw,
		"-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if err == nil {
		err = p.open()
	}
	return errors.Join(err, os.Remove(pw))
}

// open lets other machines in, by the password, where the server is there for them: of itself a cluster knows this one only.
func (p *Postgres) open() error {
	if host, _, _ := net.SplitHostPort(p.Address); isLoopback(host) {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(p.data(), "cluster", "pg_hba.conf"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("host all all all scram-sha-256\nhost replication all all scram-sha-256\n")
	return errors.Join(err, f.Close())
}

// follow makes a copy of the primary that goes on to follow it.
func (p *Postgres) follow(ctx context.Context, with Preparation, as *syscall.Credential) error {
	if err := owned(p.data(), as); err != nil {
		return err
	}
	host, port, _ := net.SplitHostPort(p.Of.Address)
	from := fmt.Sprintf("host=%s port=%s user=%s application_name=%s", host, port, postgresUser, p.Name)
	return p.do(ctx, with, as, "pg_basebackup", "-D", filepath.Join(p.data(), "cluster"), "-d", from, "-R", "-X", "stream", "-c", "fast", "--no-sync")
}

// owned makes a folder of a user.
func owned(dir string, as *syscall.Credential) error {
	if err := os.MkdirAll(dir, 0o700); err != nil || as == nil {
		return err
	}
	return os.Chown(dir, int(as.Uid), int(as.Gid))
}

// reached says where a user's way to a folder is barred.
func reached(dir string, as *syscall.Credential) error {
	if as == nil {
		return nil
	}
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid != as.Uid && info.Mode()&0o001 == 0 {
			return fmt.Errorf("PostgreSQL, which does not run as root, cannot pass through %s: set TMPDIR to a folder that everybody may pass through, such as /tmp", at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

// do runs one of PostgreSQL's programs.
func (p *Postgres) do(ctx context.Context, with Preparation, as *syscall.Credential, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(p.Bin, program), args...)
	cmd.Dir = p.Dir
	cmd.Env = append(os.Environ(), "PGPASSWORD="+p.Password) // a command line is for everybody to read
	cmd.Stdout, cmd.Stderr = with.Log, with.Log
	cmd.ExtraFiles = []*os.File{with.Held}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: as}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	return nil
}

// command is the server's own. Settings come last but for those that others depend on.
func (p *Postgres) command() *exec.Cmd {
	host, port, _ := net.SplitHostPort(p.Address)
	cmd := exec.Command(filepath.Join(p.Bin, "postgres"), "-D", filepath.Join(p.data(), "cluster"))
	for _, name := range slices.Sorted(maps.Keys(p.Settings)) {
		cmd.Args = append(cmd.Args, "-c", name+"="+p.Settings[name])
	}
	for _, set := range []string{"listen_addresses=" + host, "port=" + port, "unix_socket_directories=",
		"max_connections=" + strconv.Itoa(p.Connections), "hot_standby=on"} {
		cmd.Args = append(cmd.Args, "-c", set)
	}
	if _, given := p.Settings["wal_keep_size"]; !given {
		cmd.Args = append(cmd.Args, "-c", "wal_keep_size=256MB") // for a replica that is started again
	}
	return cmd
}

// healthy makes the database of a primary when it is not there, and has a replica follow.
func (p *Postgres) healthy(ctx context.Context) error {
	query, want := "SELECT count(*) FROM pg_database WHERE datname = '"+postgresDatabase+"'", "1"
	if p.Of != nil {
		query, want = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'", "1"
	}
	got, err := p.ask(ctx, query)
	if err != nil {
		return err
	}
	if got == want {
		return nil
	}
	if p.Of != nil {
		return errors.New("it does not follow its primary yet")
	}
	_, err = p.ask(ctx, "CREATE DATABASE "+postgresDatabase)
	return err
}

func (p *Postgres) ask(ctx context.Context, query string) (string, error) {
	host, port, _ := net.SplitHostPort(p.Address)
	cmd := exec.CommandContext(ctx, filepath.Join(p.Bin, "psql"), "-X", "-A", "-t", "-h", host, "-p", port, "-U", postgresUser, "-d", "postgres", "-c", query)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+p.Password, "PGCONNECT_TIMEOUT=2")
	said, err := cmd.CombinedOutput()
	text := strings.TrimSpace(string(said))
	if err != nil {
		return "", fmt.Errorf("asking it: %s (%w)", text, err)
	}
	return text, nil
}

// unprivileged is whom root runs a program as that refuses to be root: the first of the
// names that there is; nil when nobody is root here.
func unprivileged(names ...string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("PostgreSQL refuses to run as root, and there is no user %s: run this as somebody else", strings.Join(names, " or "))
}
