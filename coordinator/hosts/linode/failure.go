package linode

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// An Error is a request that came to nothing. It wraps why there was no answer, as context.Canceled, where there was none.
type Error struct {
	rental.Failure
	Doing  string // what was asked for, such as "make the instance lc-1"
	Status int    // of HTTP; 0 = no answer
	cause  error
}

// Error says what was asked for, what Linode says, and what is to be done.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s", e.Doing, e.Text)
	if e.Status != 0 {
		text = fmt.Sprintf("%s: Linode answers %d: %s", e.Doing, e.Status, e.Text)
	}
	if hint := e.hint(); hint != "" {
		text += " (" + hint + ")"
	}
	return text
}

// Unwrap is why there was no answer.
func (e *Error) Unwrap() error { return e.cause }

func (e *Error) hint() string {
	switch e.Class {
	case rental.Wait:
		return "ask again in " + e.After.String()
	case rental.Taken:
		return "another resource has this label"
	case rental.Full:
		return "rent fewer, or ask Linode's support for a higher limit"
	case rental.Refused:
		return "see the scopes of the token, and the bill, at https://cloud.linode.com"
	}
	return ""
}

// FailureOf says what an error of a Client means. One that was found before anything was sent is Wrong; nil gives zero.
func FailureOf(err error) rental.Failure {
	var e *Error
	switch {
	case err == nil:
		return rental.Failure{}
	case errors.As(err, &e):
		return e.Failure
	}
	return rental.Failure{Class: rental.Wrong, Text: err.Error()}
}

// A reason is one of the errors of an answer.
type reason struct {
	Reason string `json:"reason"`
	Field  string `json:"field"`
}

func (r reason) String() string {
	if r.Field == "" {
		return r.Reason
	}
	return "[" + r.Field + "] " + r.Reason
}

// classify says what an answer that is not 2xx means. now is when it came.
func classify(method string, status int, header http.Header, body []byte, now time.Time) rental.Failure {
	reasons := reasonsOf(body)
	f := rental.Failure{Class: classOf(method, status, reasons), Text: textOf(status, reasons, body)}
	if f.Class == rental.Wait {
		f.After = pause(header, now)
	}
	return f
}

// reasonsOf are the errors of an answer of the API; none, where something else has answered.
func reasonsOf(body []byte) []reason {
	var answer struct {
		Errors []reason `json:"errors"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil
	}
	return answer.Errors
}

// mostText bounds what an error quotes.
const mostText = 300

func textOf(status int, reasons []reason, body []byte) string {
	var all []string
	for _, r := range reasons {
		all = append(all, r.String())
	}
	text := strings.Join(all, "; ")
	if text == "" {
		text = strings.Join(strings.Fields(string(body)), " ")
	}
	if text == "" {
		text = cmp.Or(http.StatusText(status), "no reason")
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if r := []rune(text); len(r) > mostText {
		text = string(r[:mostText]) + "..."
	}
	return text
}

// classOf needs the reasons for the status 400, which Linode gives for nearly everything. What has no reasons does not
// come from the API itself, but from something before it: then nobody knows, as a 404 of theirs does not say that a
// resource is gone.
func classOf(method string, status int, reasons []reason) rental.Class {
	switch {
	case status == http.StatusTooManyRequests:
		return rental.Wait
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusPaymentRequired:
		return rental.Refused
	case status == http.StatusRequestTimeout || status >= 500:
		return rental.Unknown
	case status < 400:
		return rental.Wrong
	case len(reasons) == 0:
		return rental.Unknown
	case status == http.StatusNotFound:
		return rental.Missing
	case method == http.MethodDelete && (status == http.StatusBadRequest || status == http.StatusConflict || status == http.StatusLocked):
		return rental.InUse // the words for it differ by kind, and who gives up for a word leaves a bill
	}
	return byWords(reasons)
}

// byWords looks for limits before the bill, as texts about limits speak of billing too.
func byWords(reasons []reason) rental.Class {
	if slices.ContainsFunc(reasons, taken) {
		return rental.Taken
	}
	for _, w := range []struct {
		class rental.Class
		words []string
	}{
		{rental.Full, []string{"account limit", "limit reached", "limit has been reached", "active services", "maximum number of", "exceeded your", "quota"}},
		{rental.Refused, []string{"billing", "payment", "past due", "account balance", "credit card", "suspended", "not authorized", "unauthorized", "activate your account"}},
		{rental.Unknown, []string{"linode busy", "please try again"}}, // seen with the instance made nevertheless
	} {
		if slices.ContainsFunc(reasons, func(r reason) bool { return speaksOf(r, w.words) }) {
			return w.class
		}
	}
	return rental.Wrong
}

func taken(r reason) bool {
	return strings.Contains(strings.ToLower(r.String()), "label") && speaksOf(r, []string{"unique", "already exists", "already in use"})
}

func speaksOf(r reason, words []string) bool {
	text := strings.ToLower(r.Reason)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}
