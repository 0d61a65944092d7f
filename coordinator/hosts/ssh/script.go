package ssh

import "strings"

// The scripts that run on a machine. Each is one line without single quotes and backslashes, so that whatever shell the user
// has there hands it on, and takes values as arguments alone. What it has to tell begins with a word of its own.
const (
	// look tells of the machine: which process of sshd serves this connection, whether what is sent may be packed, and who
	// keeps processes there.
	look = `echo "uname $(uname -sm)"; echo "session $PPID"; echo "uid $(id -u)"; ` +
		`if command -v gzip >/dev/null; then echo "gzip yes"; fi; ` +
		`if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then echo "systemd yes"; fi; ` +
		`if [ -S "$XDG_RUNTIME_DIR/systemd/private" ] && [ -e "/var/lib/systemd/linger/$(id -un)" ]; then echo "lingers yes"; fi`

	// ready makes the directory of the program, which is $1, and tells what lies there. What killed runs and cut uploads
	// have left for a week, or a day, is removed.
	ready = `umask 077; command -v sha256sum >/dev/null || { echo "sha256sum is not installed" >&2; exit 4; }; ` +
		`mkdir -p "${1%/*}" || exit 4; ` +
		`find ` + runs + ` -mindepth 1 -maxdepth 1 -mtime +7 -exec rm -rf {} + 2>/dev/null; ` +
		`find "${1%/*}" -name "*.part" -mtime +1 -exec rm -f {} + 2>/dev/null; ` +
		`if [ -f "$1" ]; then echo "sum $(sha256sum <"$1")"; fi; true`

	// keep writes standard input to file $1, which is not there yet, and unpack the same of one that gzip has packed. Its end
	// may be that of a broken connection.
	keep   = `umask 077; set -C; case "$1" in */*/*|[!/]*/*) mkdir -p "${1%/*}" || exit 4;; esac; cat >"$1"`
	unpack = `umask 077; set -C; case "$1" in */*/*|[!/]*/*) mkdir -p "${1%/*}" || exit 4;; esac; gzip -dc >"$1"`

	// install puts file $1 to its place $2 with mode $4, if its SHA-256 is $3, and tells that otherwise.
	install = `s=$(sha256sum <"$1") || exit 4; if [ "${s%% *}" != "$3" ]; then echo "sum $s"; exit 0; fi; ` +
		`chmod "$4" -- "$1" && if [ -d "$2" ]; then echo "$2 is a directory" >&2; exit 4; fi && mv -f -- "$1" "$2" && echo "installed yes"`

	// scrap removes file $1, and tells what room there is then.
	scrap = `rm -f -- "$1"; echo "disk $(df -Pk "$(dirname "$1")" 2>/dev/null | tail -n 1)"`

	// start runs the program $1 as a host, told by standard input, with its words in directory $2, and waits for it. The
	// end is also kept in a file, for who asks by another connection: this shell outlives a broken one, and must not be
	// ended by what it writes to nobody, such as that its child was killed. It is handed on by systemd, too, which would
	// fill in names in braces.
	start = `umask 077; h=$(ulimit -Hn); [ "$h" = unlimited ] || [ "$h" -ge 1048576 ] || ulimit -n 1048576 2>/dev/null; ` +
		`mkdir -p "$2" || mkdir -p "$2" || exit 4; exec 3<&0 </dev/null; ` +
		`"$1" host --told <&3 3<&- 2>"$2/log" & p=$!; exec 3<&-; trap "" PIPE HUP; echo "pid $p"; ` +
		`exec 2>/dev/null; wait "$p"; s=$?; echo "$s" >"$2/ended" && mv "$2/ended" "$2/exit"; echo "exit $s"`

	// managed runs script $1 with its arguments, $5 and so on, as a unit called $3 of systemd ($2), more or less likely to
	// be ended for want of memory ($4); as it is where systemd does not take it, because it is old or may not.
	managed = `s=$1; m=$2; u=$3; o=$4; shift 4; set -- sh -c "$s" loadctl "$@"; ` +
		`if systemd-run "$m" --quiet --collect --pipe --wait true </dev/null >/dev/null 2>&1; then ` +
		`exec systemd-run "$m" --quiet --collect --pipe --wait --unit="$u" --description="host of loadctl" --setenv=HOME="$HOME" ` +
		`--setenv=PATH="$PATH" -p WorkingDirectory="$PWD" -p Restart=no -p LimitNOFILE=1048576 ${o:+-p OOMScoreAdjust="$o"} "$@"; fi; exec "$@"`

	// await waits for the end of process $1, whose directory is $2.
	await = `while [ ! -f "$2/exit" ] && kill -0 "$1" 2>/dev/null; do sleep 0.5 2>/dev/null || sleep 1; done; ` +
		`i=0; while [ ! -f "$2/exit" ] && [ "$i" -lt 2 ]; do sleep 1; i=$((i+1)); done; echo "exit $(cat "$2/exit" 2>/dev/null)"`

	// endIt asks process $1 to end, and after $2 tenths of a second ends it, with all that it has started.
	endIt = `kill "$1" 2>/dev/null; i=0; ` +
		`while kill -0 "$1" 2>/dev/null && [ "$i" -lt "$2" ]; do sleep 0.1 2>/dev/null || sleep 1; i=$((i+1)); done; ` +
		`kill -0 "$1" 2>/dev/null && kill -9 -- "-$1" "$1" 2>/dev/null; pkill -9 -s "$1" 2>/dev/null; true`

	// release ends the processes of sshd that served connections before, $1 and so on: they may not know yet that these are
	// broken, and hold the port.
	release = `for p; do case "$(cat "/proc/$p/comm" 2>/dev/null)" in sshd*|dropbear*) kill "$p" 2>/dev/null; ` +
		`sleep 0.1 2>/dev/null; kill -9 "$p" 2>/dev/null;; esac; done; true`

	// spooled gives what a host has left in the file $1.
	spooled = `[ -f "$1" ] || exit 3; cat "$1"`

	// tidy tells the last words of a host whose directory is $1, and removes it; all but those words if $2 is yes, and
	// nothing while it has left what is to be collected.
	tidy = `tail -c 2048 "$1/log"; if [ -f "$1/spool" ]; then exit 0; fi; if [ "$2" = yes ]; then rm -f "$1/exit" "$1/ended"; else rm -rf "$1"; fi; ` +
		`rmdir ` + runs + ` 2>/dev/null; true`

	// forget removes the directory of a host, $1, once nothing of it is wanted any more.
	forget = `rm -rf "$1"; rmdir ` + runs + ` 2>/dev/null; true`
)

// Where things are, below the home directory there.
const (
	programs = ".cache/loadctl/bin"
	runs     = ".cache/loadctl/run"
)

// programAt is where a program lies, by what it is.
func programAt(sum string) string { return programs + "/" + sum + "/loadctl" }

// command is a script and its arguments for the shell of whoever logs in there, which makes room for it.
func command(script string, args ...string) string {
	words := []string{"exec", "sh", "-c", quoted(script), "loadctl"}
	for _, a := range args {
		words = append(words, quoted(a))
	}
	return strings.Join(words, " ")
}

func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
