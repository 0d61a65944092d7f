package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadctl/loadctl/target"
	"github.com/loadctl/loadctl/target/admin"
	"github.com/loadctl/loadctl/target/knobs"
)

// adminWithin bounds one question to a target; a reload waits for workers.
const adminWithin = 2 * time.Minute

// A whichTarget says which of the running targets is meant.
type whichTarget struct {
	url     string
	pid     int
	all     bool   // every one that runs here
	service string // base URL of the service that is meant
}

func (w *whichTarget) flags(f *pflag.FlagSet) {
	f.StringVar(&w.url, "admin", os.Getenv(adminVariable), "`URL` of the target's admin API; without it the one target that runs here is meant")
	f.IntVar(&w.pid, "pid", 0, "of the target, when several run here")
}

// client finds the target that is meant.
func (w *whichTarget) client() (admin.Client, error) {
	all, err := admin.Places(placesFolder())
	if w.url != "" {
		return admin.Client{URL: w.url, Token: cmp.Or(os.Getenv(tokenVariable), tokenAt(all, w.url))}, nil
	}
	if err != nil {
		return admin.Client{}, cannot(err, "")
	}
	if w.service != "" && len(all) > 0 {
		if all = slices.DeleteFunc(all, func(p admin.Place) bool { return hostOf(p.Service) != hostOf(w.service) }); len(all) == 0 {
			return admin.Client{}, usage(fmt.Errorf("no target that runs here serves %s, which is loaded", w.service), "name the admin API of the one whose knobs are meant by --admin: `loadctl target ls` lists them")
		}
	}
	running := len(all)
	if w.pid != 0 {
		all = slices.DeleteFunc(all, func(p admin.Place) bool { return p.PID != w.pid })
	}
	switch {
	case len(all) == 0 && running > 0:
		return admin.Client{}, cannot(fmt.Errorf("no target with pid %d runs here", w.pid), "`loadctl target ls` lists them; of `target up` it is the pid of a node")
	case len(all) == 0:
		return admin.Client{}, nothingRuns()
	case len(all) == 1:
		return admin.Client{URL: all[0].Admin, Token: all[0].Token}, nil
	}
	return admin.Client{}, usage(fmt.Errorf("%d targets run here", len(all)), "name one by --pid: `loadctl target ls` lists them; set and reload take --all")
}

// tokenAt is the token of the target that runs here with an admin API at a URL; "" of none.
func tokenAt(all []admin.Place, api string) string {
	for _, p := range all {
		if strings.TrimSuffix(p.Admin, "/") == strings.TrimSuffix(api, "/") {
			return p.Token
		}
	}
	return ""
}

// hostOf is host and port of a URL.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	return u.Host
}

// adminFlags are of the admin API of a service.
type adminFlags struct {
	listen, otlp string
	every        time.Duration
}

const noAdmin = "off"

func (a *adminFlags) flags(f *pflag.FlagSet) {
	f.StringVar(&a.listen, "admin", "127.0.0.1:0", "address of the admin API, `host:port`, or off; "+tokenVariable+" is its token, else one is made that only this user can read")
	f.StringVar(&a.otlp, "otlp", os.Getenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"), "`URL` to which metrics are sent by OTLP over HTTP, such as http://127.0.0.1:4318/v1/metrics")
	f.DurationVar(&a.every, "otlp-every", 15*time.Second, "how often")
}

func (a *adminFlags) config() target.AdminConfig {
	c := target.AdminConfig{Listen: a.listen, Token: os.Getenv(tokenVariable), Folder: placesFolder(),
		Export: admin.ExportConfig{URL: a.otlp, Every: a.every}}
	if a.listen == noAdmin {
		c.Listen = ""
	}
	return c
}

// placesFolder is where targets of this user say where their API is.
func placesFolder() string {
	base := cmp.Or(os.Getenv("XDG_RUNTIME_DIR"), os.TempDir())
	return filepath.Join(base, fmt.Sprintf("loadctl-%d", os.Getuid()))
}

func newTargetSet() *cobra.Command {
	var which whichTarget
	c := &cobra.Command{
		Use:     "set NAME=VALUE…",
		Short:   "Change settings of a running target, all or none",
		Long:    "Returns when every worker goes by them. Requests under way end by the old ones. `loadctl target get` lists the settings.",
		Example: "  loadctl target set pool_size=20 max_overflow=0\n  loadctl target set --all pool_size=20                 # every node of `target up`\n  loadctl target set workers=8\n  loadctl target set cache=memory cache_ttl=10s",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			values, err := assignments(args)
			if err != nil {
				return usage(err, "")
			}
			return which.each(c, func(ctx context.Context, api admin.Client) (string, error) {
				done, err := api.Change(ctx, values)
				return changeTold(done), err
			})
		},
	}
	which.flags(c.Flags())
	which.allFlag(c.Flags())
	return c
}

// ask asks the target that is meant.
func (w *whichTarget) ask(ctx context.Context, what func(context.Context, admin.Client) error) error {
	api, err := w.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, adminWithin)
	defer cancel()
	err = what(ctx, api)
	switch {
	case errors.Is(err, admin.ErrWrong):
		return usage(err, "")
	case err != nil:
		return w.hinted(err)
	}
	return nil
}

// hinted says where the address is from when what answers there is no admin API.
func (w *whichTarget) hinted(err error) error {
	hint := ""
	if w.url != "" {
		hint = "is " + w.url + " the address of an admin API, and " + tokenVariable + " its token? `loadctl target ls` lists those that run here"
	}
	return cannot(err, hint)
}

func assignments(args []string) (map[string]string, error) {
	values := map[string]string{}
	var errs []error
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		name = strings.ReplaceAll(name, "-", "_")
		_, twice := values[name]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("%q: must be NAME=VALUE", arg))
		case twice:
			errs = append(errs, fmt.Errorf("%s: is named twice", name))
		}
		values[name] = value
	}
	return values, errors.Join(errs...)
}

func changeTold(done admin.Change) string {
	if len(done.Changed) == 0 {
		return "nothing to change: all have these values already"
	}
	if slices.Contains(done.Changed, "workers") { // those that come and go are not told by how many answer now
		return fmt.Sprintf("%s: in force (version %d)", strings.Join(done.Changed, ", "), done.Version)
	}
	return fmt.Sprintf("%s: in force in %s (version %d)", strings.Join(done.Changed, ", "), plural(done.Workers, "worker"), done.Version)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func newTargetGet() *cobra.Command {
	var which whichTarget
	var asJSON bool
	c := &cobra.Command{
		Use:   "get [NAME…]",
		Short: "Show settings of a running target: what they are, and what they mean",
		RunE: func(c *cobra.Command, args []string) error {
			return which.ask(c.Context(), func(ctx context.Context, api admin.Client) error {
				all, err := api.Settings(ctx)
				if err != nil {
					return err
				}
				if all.Settings, err = named(all.Settings, args); err != nil {
					return err
				}
				if asJSON {
					return writeIndented(c.OutOrStdout(), all)
				}
				return settingsTable(c.OutOrStdout(), all.Settings)
			})
		},
	}
	which.flags(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

// named are the settings of the given names, or all.
func named(all []admin.Setting, names []string) (some []admin.Setting, err error) {
	if len(names) == 0 {
		return all, nil
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(s admin.Setting) bool { return s.Name == strings.ReplaceAll(name, "-", "_") })
		if i < 0 {
			err = errors.Join(err, fmt.Errorf("%s: there is no such setting%s", name, knobs.Meant(name, namesOf(all))))
			continue
		}
		some = append(some, all[i])
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", admin.ErrWrong, err)
	}
	return some, err
}

func namesOf(all []admin.Setting) (names []string) {
	for _, s := range all {
		names = append(names, s.Name)
	}
	return names
}

func settingsTable(w io.Writer, all []admin.Setting) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, s := range all {
		if i == 0 || all[i-1].Group != s.Group {
			fmt.Fprintf(t, "%s\n", s.Group)
		}
		value := cmp.Or(s.Value, "-")
		if s.Value != s.Default {
			value += " *"
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\n", s.Name, value, s.Help)
	}
	fmt.Fprintln(t, "* not the default")
	return t.Flush()
}

func writeIndented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func newTargetReload() *cobra.Command {
	var which whichTarget
	c := &cobra.Command{
		Use:   "reload",
		Short: "Replace the workers of a running target without losing a request",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return which.each(c, func(ctx context.Context, api admin.Client) (string, error) {
				return "reloaded: new workers answer", api.Reload(ctx)
			})
		},
	}
	which.flags(c.Flags())
	which.allFlag(c.Flags())
	return c
}

func newTargetStats() *cobra.Command {
	var which whichTarget
	c := &cobra.Command{
		Use:   "stats",
		Short: "Show what a running target counted, as JSON",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return which.ask(c.Context(), func(ctx context.Context, api admin.Client) error {
				s, err := api.Stats(ctx)
				if err == nil {
					err = writeIndented(c.OutOrStdout(), s)
				}
				return err
			})
		},
	}
	which.flags(c.Flags())
	return c
}

func newTargetList() *cobra.Command {
	return &cobra.Command{
		Use:   "ls",
		Short: "List the targets that run here",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			all, err := admin.Places(placesFolder())
			if err != nil {
				return cannot(err, "")
			}
			t := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "PID\tSERVICE\tADMIN")
			for _, p := range all {
				fmt.Fprintf(t, "%d\t%s\t%s\n", p.PID, p.Service, p.Admin)
			}
			return t.Flush()
		},
	}
}
