package tuning

import "time"

// A Kind says what a hook does.
type Kind string

// The kinds of hooks.
const (
	Knob    Kind = "target"   // sets a live setting of the bundled target
	Command Kind = "command"  // runs a program here
	HTTP    Kind = "http"     // sends a request
	EnvFile Kind = "env_file" // sets a line KEY=VALUE of a file
	SSH     Kind = "ssh"      // runs a program on another machine, by the system's ssh

	LinodePlan Kind = "linode-plan" // rents a machine of the plan that the value is
)

// A Hook puts the value of one parameter in force, or asks for it.
type Hook struct {
	Kind Kind
	Line int

	Knob    string    // of Knob: the setting's name
	Run     *Program  // of Command and SSH
	Host    *Host     // of SSH
	Request *Request  // of HTTP
	File    *EnvEntry // of EnvFile
	Node    *Node     // of LinodePlan

	Unit     string        // a systemd unit that is restarted after the change
	UserUnit bool          // of the user's systemd
	Restart  *Program      // run after the change, where the hook is
	Restore  *Program      // puts the value back, in place of the hook itself
	Health   *Health       // waited for after the change and restarts
	Within   time.Duration // bounds each step of it
}

// A Program is a command: words that are run as they are, or text for the shell. In words
// ${…} is put in. Text is left alone: the shell has the values as variables, so that no
// value is ever read as shell.
type Program struct {
	Words []Template
	Shell string
}

// A Host is a machine behind ssh.
type Host struct {
	Name     string // [user@]host
	Port     int    // 0 = as ssh has it
	Identity string // file of the key; "" = as ssh has it
}

// A Request is sent to put a value in force, or to ask for it.
type Request struct {
	Method    string
	URL, Body Template
	Headers   []Header
	Form      []Header // name=value of a body
	Expect    []int    // statuses; none = any of 200–299
	JSON      string   // of a read: the path of the value in the answer, in gjson's syntax; "" = the whole answer
}

// A Header is a name with a value.
type Header struct {
	Name  string
	Value Template
}

// An EnvEntry is a line KEY=VALUE of a file, such as one that systemd reads.
type EnvEntry struct {
	Path string // from the tuning file's folder
	Key  string
}

// A Health is what a service answers once it can be loaded.
type Health struct {
	URL    string // http:// or https://: any of 200–299; tcp://host:port: accepts a connection
	Within time.Duration
	Line   int
}

// defaultWithin bounds a step of a hook.
const defaultWithin = 30 * time.Second
