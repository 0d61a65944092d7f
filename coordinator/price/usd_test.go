package price

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMoneyIsReadExactly(t *testing.T) {
	for text, want := range map[string]USD{
		"0.0075": 7500, "0.0645": 64_500, "5": 5 * Dollar, "5.0": 5 * Dollar, "0": 0, "0.0": 0, "0.000001": 1, "0.1": 100_000,
		"7.5e-3": 7500, "7.5E-03": 7500, "1e2": 100 * Dollar, "1e+2": 100 * Dollar, "0e99999999999": 0, "100": 100 * Dollar, "0.1000000000": 100_000,
		"9223372036854.775807": Most, "0.00000000000000000000001e20": 1000,
	} {
		got, err := ParseUSD(text)
		if err != nil || got != want {
			t.Errorf("%s is %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestWhatIsNoMoneyIsRefused(t *testing.T) {
	for text, why := range map[string]string{
		"": "not a number", " 1": "not a number", "1 ": "not a number", "$1": "not a number", "1,5": "not a number", ".5": "not a number", "5.": "not a number",
		"0x10": "not a number", "NaN": "not a number", "Infinity": "not a number", "null": "not a number", "\"1\"": "not a number", "01": "not a number",
		"1_000": "not a number", "[1]": "not a number", "1e": "not a number", "+1": "not a number",
		"-1": "below zero", "-0.5": "below zero", "0.0000001": "finer than a millionth", "1e-7": "finer than a millionth", "123456789012e-15": "finer than a millionth", "1e-99999999999": "finer than a millionth",
		"9223372036854.775808": "more dollars", "1e13": "more dollars", "1e99999999999": "more dollars", "1e400": "more dollars",
	} {
		if got, err := ParseUSD(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q is %s, %v; want %q", text, got, err, why)
		}
	}
}

func TestMoneyAsPeopleReadIt(t *testing.T) {
	for u, want := range map[USD]string{
		861_000: "$0.861", 12_500_000: "$12.50", 7500: "$0.0075", 0: "$0.00", Dollar: "$1.00", 1: "$0.000001", 1_234_567_000_000: "$1,234,567.00",
		Most: "$9,223,372,036,854.775807 or more",
	} {
		if u.String() != want {
			t.Errorf("%d is shown as %s, want %s", u, u, want)
		}
	}
	if got := USD(861_000).PerHour(); got != "$0.861 per hour" {
		t.Error(got)
	}
	text, err := json.Marshal([]Amount{Exactly(861_000), {}})
	if err != nil || string(text) != "[0.861,null]" {
		t.Errorf("%s, %v", text, err)
	}
	if got := fmt.Sprint(Amount{}, Exactly(7500)); got != "unknown $0.0075" {
		t.Error(got)
	}
}

// TestNoMillionthIsLostInReading: against fractions of whole numbers, for any text of a number.
func TestNoMillionthIsLostInReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "text")
		exact, _ := new(big.Rat).SetString(text)
		exact.Mul(exact, big.NewRat(int64(Dollar), 1))
		want := exact.IsInt() && exact.Num().IsInt64()
		got, err := ParseUSD(text)
		if want != (err == nil) || want && int64(got) != exact.Num().Int64() {
			t.Fatalf("%s is %d millionths, %v; want %s", text, got, err, exact.RatString())
		}
	})
}

func anyUSD() *rapid.Generator[USD] {
	return rapid.Custom(func(t *rapid.T) USD {
		if rapid.Bool().Draw(t, "large") {
			return USD(rapid.Int64Range(0, int64(Most)).Draw(t, "millionths"))
		}
		return USD(rapid.Int64Range(0, 20*int64(Dollar)).Draw(t, "millionths"))
	})
}

func TestMoneyWrittenIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := anyUSD().Draw(t, "u")
		if got, err := ParseUSD(u.Number()); err != nil || got != u {
			t.Fatalf("%d was written as %s and read as %d, %v", u, u.Number(), got, err)
		}
		shown, _, _ := strings.Cut(strings.NewReplacer("$", "", ",", "").Replace(u.String()), " ")
		if got, err := ParseUSD(shown); err != nil || got != u {
			t.Fatalf("%d is shown as %s, which is %d, %v", u, u, got, err)
		}
	})
}

// TestNoMillionthIsLostInReckoning: against whole numbers without an end. Beyond Most all is Most.
func TestNoMillionthIsLostInReckoning(t *testing.T) {
	clipped := func(n *big.Int) USD {
		if n.Sign() <= 0 {
			return 0
		}
		if !n.IsInt64() {
			return Most
		}
		return USD(n.Int64())
	}
	rapid.Check(t, func(t *rapid.T) {
		u, v := anyUSD().Draw(t, "u"), anyUSD().Draw(t, "v")
		n := rapid.OneOf(rapid.IntRange(-2, 100), rapid.IntRange(0, 1<<31-1)).Draw(t, "n")
		a, b := big.NewInt(int64(u)), big.NewInt(int64(v))
		if got, want := u.Plus(v), clipped(new(big.Int).Add(a, b)); got != want {
			t.Fatalf("%d + %d = %d, want %d", u, v, got, want)
		}
		if got, want := u.Times(n), clipped(new(big.Int).Mul(a, big.NewInt(int64(n)))); got != want {
			t.Fatalf("%d × %d = %d, want %d", u, n, got, want)
		}
		den := rapid.Int64Range(1, 1<<40).Draw(t, "den")
		got := big.NewInt(int64(rounded(a, big.NewInt(den))))
		over := new(big.Int).Sub(new(big.Int).Mul(got, big.NewInt(den)), a)
		if over.Sign() < 0 || over.Cmp(big.NewInt(den)) >= 0 {
			t.Fatalf("%d / %d = %d: less than what is due, or a millionth more", u, den, got)
		}
	})
}

func TestHoursBegunAreBilled(t *testing.T) {
	for d, want := range map[time.Duration]int{
		0: 1, time.Nanosecond: 1, time.Minute: 1, time.Hour: 1, time.Hour + 1: 2, 70 * time.Minute: 2, 150 * time.Minute: 3, 2 * time.Hour: 2,
		-time.Hour: 1, 1<<63 - 1: 2_562_048,
	} {
		if got := Hours(d); got != want {
			t.Errorf("%s is billed as %d hours, want %d", d, got, want)
		}
	}
}

func TestDurationsAsPeopleReadThem(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 30 * time.Second: "30s", 20 * time.Minute: "20m", 70 * time.Minute: "1h10m", 4 * time.Hour: "4h", 10 * time.Hour: "10h",
		time.Hour + time.Second: "1h0m1s", 100 * time.Minute: "1h40m",
	} {
		if got := span(d); got != want {
			t.Errorf("%s is shown as %s, want %s", d, got, want)
		}
	}
}
