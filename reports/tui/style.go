package tui

// A style is how a cell looks. Only the terminal's own sixteen colours and the
// bold and faint attributes are used, so that themes and light backgrounds work;
// and nothing is said by colour alone: a mark or a word always says it too.
type style uint8

const (
	plain style = iota
	faint
	bold
	good
	warn
	bad
	accent
	goodBold
	warnBold
	badBold
	first // series of a chart, by their place in it
	second
	third
	fourth
	chosen // the title of the panel in focus
	badge  // the state of the run
)

// sgr is the sequence that switches to the style from any other.
func (s style) sgr() string {
	switch s {
	case faint:
		return "\x1b[0;2m"
	case bold:
		return "\x1b[0;1m"
	case good:
		return "\x1b[0;32m"
	case warn:
		return "\x1b[0;33m"
	case bad:
		return "\x1b[0;31m"
	case accent:
		return "\x1b[0;36m"
	case goodBold:
		return "\x1b[0;1;32m"
	case warnBold:
		return "\x1b[0;1;33m"
	case badBold:
		return "\x1b[0;1;31m"
	case first:
		return "\x1b[0;36m"
	case second:
		return "\x1b[0;34m"
	case third:
		return "\x1b[0;33m"
	case fourth:
		return "\x1b[0;35m"
	case chosen:
		return "\x1b[0;1;36m"
	case badge:
		return "\x1b[0;1;36m"
	}
	return "\x1b[m"
}

// visible says whether a blank cell of this style can be seen.
func (s style) visible() bool { return false }
