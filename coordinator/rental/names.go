package rental

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The marks of what loadctl rents. A tag of a cloud has 3 to 50 characters.
const (
	brand  = "loadctl"
	tagRun = brand + ":run="
	tagExp = brand + ":exp="
)

const longestAttempt = 9 // that a label tells

const latestExpiry = 253402300800 // the year 10,000: what is beyond was never meant

// Run8 is the short name of a run that its resources bear: 8 characters of a to z and 2 to 7. It is a hash of the run's
// id; what has the form of a short name already is one.
func Run8(id string) string {
	if isRun8(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
}

func isRun8(s string) bool {
	return len(s) == 8 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// A Name is what one resource is for. Its label is legal for every kind: 3 to 32 characters, a letter first, lower case
// letters, digits and single hyphens only.
type Name struct {
	Run     string // 8 characters, of Run8
	Role    string // 1 to 12 lower case letters
	Number  int    // 1 to 9999 within the role
	Attempt int    // 0 to 9: how many before it were replaced
}

// Prefix is what every label of a run begins with.
func Prefix(run string) string { return "lc-" + run + "-" }

// Label is lc-RUN-ROLE001, and lc-RUN-ROLE001-r1 of a first replacement.
func (n Name) Label() string {
	label := fmt.Sprintf("%s%s%03d", Prefix(n.Run), n.Role, n.Number)
	if n.Attempt > 0 {
		label += "-r" + strconv.Itoa(n.Attempt)
	}
	return label
}

// Validate tells all that is wrong with a name.
func (n Name) Validate() error {
	var errs []error
	if !isRun8(n.Run) {
		errs = append(errs, fmt.Errorf("run %q: must be 8 characters of a to z and 2 to 7", n.Run))
	}
	if len(n.Role) < 1 || len(n.Role) > 12 || strings.Trim(n.Role, "abcdefghijklmnopqrstuvwxyz") != "" {
		errs = append(errs, fmt.Errorf("role %q: must be 1 to 12 lower case letters", n.Role))
	}
	if n.Number < 1 || n.Number > 9999 {
		errs = append(errs, fmt.Errorf("number %d: must be 1 to 9999", n.Number))
	}
	if n.Attempt < 0 || n.Attempt > longestAttempt {
		errs = append(errs, fmt.Errorf("attempt %d: must be 0 to 9", n.Attempt))
	}
	return errors.Join(errs...)
}

// ParseLabel reads a label back; ok is false of any that Label does not make.
func ParseLabel(label string) (n Name, ok bool) {
	rest, ok := strings.CutPrefix(label, "lc-")
	run, rest, found := strings.Cut(rest, "-")
	body, attempt, again := strings.Cut(rest, "-r")
	n = Name{Run: run, Role: strings.TrimRight(body, "0123456789")}
	n.Number, _ = strconv.Atoi(body[len(n.Role):]) // 0, which is refused, of what is no number
	if again {
		n.Attempt, _ = strconv.Atoi(attempt)
	}
	if !ok || !found || n.Validate() != nil || n.Label() != label {
		return Name{}, false
	}
	return n, true
}

// labelRun is the run whose prefix a label has, "" if none.
func labelRun(label string) string {
	if len(label) < len("lc-12345678-") || !isRun8(label[3:11]) || !strings.HasPrefix(label, Prefix(label[3:11])) {
		return ""
	}
	return label[3:11]
}

// Tags are what every resource of a run bears, if its kind has tags. The expiry is in whole seconds.
func Tags(run string, expires time.Time) []string {
	return []string{brand, tagRun + run, tagExp + strconv.FormatInt(expires.Unix(), 10)}
}

// Marks are what tags say of a resource.
type Marks struct {
	Brand   bool      // one of its tags is loadctl's
	Run     string    // "" when none, or more than one, is told
	Expires time.Time // the latest that is told; zero when none is
}

// ParseTags reads tags back. Tags of others are passed over. What can be read is given even with an error, which tells
// all that is wrong; nil for a resource without any tag of loadctl.
func ParseTags(tags []string) (m Marks, err error) {
	var runs, exps []string
	plain := false
	for _, t := range tags {
		if run, ok := strings.CutPrefix(t, tagRun); ok {
			runs = append(runs, run)
		}
		if exp, ok := strings.CutPrefix(t, tagExp); ok {
			exps = append(exps, exp)
		}
		plain = plain || t == brand
	}
	if m.Brand = plain || len(runs)+len(exps) > 0; !m.Brand {
		return m, nil
	}
	var noRun, noExp error
	m.Run, noRun = runOf(runs)
	m.Expires, noExp = expiryOf(exps)
	return m, errors.Join(noRun, noExp)
}

func runOf(told []string) (string, error) {
	switch {
	case len(told) == 0:
		return "", fmt.Errorf("no tag %s tells its run", tagRun+"…")
	case len(told) > 1:
		return "", fmt.Errorf("%d tags tell its run: %s", len(told), strings.Join(told, ", "))
	case !isRun8(told[0]):
		return "", fmt.Errorf("tag %q tells no run: 8 characters of a to z and 2 to 7 are", tagRun+told[0])
	}
	return told[0], nil
}

// expiryOf is the latest that can be read.
func expiryOf(told []string) (latest time.Time, err error) {
	var errs []error
	if len(told) != 1 {
		errs = append(errs, fmt.Errorf("%d tags %s tell when it expires: one is to", len(told), tagExp+"…"))
	}
	for _, text := range told {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n <= 0 || n >= latestExpiry {
			errs = append(errs, fmt.Errorf("tag %q tells no time: seconds since 1970 are", tagExp+text))
		} else if at := time.Unix(n, 0).UTC(); at.After(latest) {
			latest = at
		}
	}
	return latest, errors.Join(errs...)
}
