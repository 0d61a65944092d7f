package price

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// USD is an amount of money in whole millionths of a dollar. It is never below zero: nothing here gives money back.
// What comes to more than Most stays Most, which any budget refuses.
type USD int64

// A dollar, and the most there is.
const (
	Dollar USD = 1_000_000
	Most   USD = math.MaxInt64
)

// digits of a dollar behind the point.
const places = 6

// ParseUSD reads a number as JSON writes it, such as 0.0075, 5 or 7.5e-3, exactly. It refuses what is no such number,
// below zero, finer than a millionth or more than Most: a price is never rounded to fit.
func ParseUSD(text string) (USD, error) {
	switch {
	case !isNumber(text):
		return 0, fmt.Errorf("%q is not a number of dollars, such as 0.861", text)
	case text[0] == '-':
		return 0, fmt.Errorf("%s is below zero", text)
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	whole, behind, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimRight(whole+behind, "0")
	if strings.Trim(digits, "0") == "" {
		return 0, nil
	}
	// The amount is 0.DIGITS × 10^point: of it in millionths, so many digits are left before the point.
	left := len(whole) + exponentOf(exponent) + places
	u, err := millionths(digits, left)
	if err != nil {
		return 0, fmt.Errorf("%s %w", text, err)
	}
	return u, nil
}

// isNumber: JSON takes a number with spaces around it, here it is alone.
func isNumber(text string) bool {
	return text != "" && json.Valid([]byte(text)) && (text[0] == '-' || isDigit(text[0])) && isDigit(text[len(text)-1])
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// exponentOf is no exponent for none. One that is too long to be read is as far off as it needs to be.
func exponentOf(text string) int {
	const far = 1 << 30
	n, err := strconv.ParseInt(text, 10, 31)
	switch {
	case text == "":
		return 0
	case err != nil && text[0] == '-':
		return -far
	case err != nil:
		return far
	}
	return int(n)
}

// millionths reads digits, of which the last is not 0, with the point behind the first left of them.
func millionths(digits string, left int) (USD, error) {
	switch {
	case left < len(digits):
		return 0, errors.New("is finer than a millionth of a dollar")
	case left-len(digits) > 19:
		return 0, errors.New("is more dollars than are counted here")
	}
	n, err := strconv.ParseInt(digits+strings.Repeat("0", left-len(digits)), 10, 64)
	if err != nil {
		return 0, errors.New("is more dollars than are counted here")
	}
	return USD(n), nil
}

// Plus adds.
func (u USD) Plus(v USD) USD {
	if u > Most-v {
		return Most
	}
	return u + v
}

// Times multiplies by a count or by hours; none or fewer than none cost nothing.
func (u USD) Times(n int) USD {
	switch {
	case n <= 0 || u <= 0:
		return 0
	case u > Most/USD(n):
		return Most
	}
	return u * USD(n)
}

// rounded is a fraction of millionths, rounded up: what is billed is never told as less.
func rounded(num, den *big.Int) USD {
	if num.Sign() <= 0 {
		return 0
	}
	q, r := new(big.Int).QuoRem(num, den, new(big.Int))
	if r.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	if !q.IsInt64() {
		return Most
	}
	return USD(q.Int64())
}

// String writes whole cents at least, and no zeros behind them: $0.861, $12.50, $1,234.00.
func (u USD) String() string {
	text := "$" + thousands(int64(u/Dollar)) + "." + u.cents()
	if u == Most {
		return text + " or more"
	}
	return text
}

// PerHour is the price of an hour as shown to people.
func (u USD) PerHour() string { return u.String() + " per hour" }

// Number writes the amount as JSON and files do, exactly: 0.861.
func (u USD) Number() string { return strconv.FormatInt(int64(u/Dollar), 10) + "." + u.cents() }

// cents are the digits behind the point, two of them at least.
func (u USD) cents() string {
	text := fmt.Sprintf("%06d", u%Dollar)
	return text[:2] + strings.TrimRight(text[2:], "0")
}

// MarshalJSON writes the exact number of dollars.
func (u USD) MarshalJSON() ([]byte, error) { return []byte(u.Number()), nil }

// UnmarshalJSON reads what MarshalJSON writes.
func (u *USD) UnmarshalJSON(text []byte) (err error) {
	*u, err = ParseUSD(string(text))
	return err
}

// An Amount is money that may be unknown, as the zero Amount is.
type Amount struct {
	USD   USD
	Known bool
}

// Exactly is an amount that was told.
func Exactly(u USD) Amount { return Amount{USD: u, Known: true} }

// String writes the amount for people.
func (a Amount) String() string {
	if !a.Known {
		return "unknown"
	}
	return a.USD.String()
}

// MarshalJSON writes null for what is unknown.
func (a Amount) MarshalJSON() ([]byte, error) {
	if !a.Known {
		return []byte("null"), nil
	}
	return a.USD.MarshalJSON()
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
