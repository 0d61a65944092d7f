package tui

// plainRune is r on a terminal that has nothing but ASCII.
func plainRune(r rune) rune {
	if r < 0x80 {
		return r
	}
	switch r {
	case '─', '╌', '–', '—':
		return '-'
	case '│', '┤', '┊', '▌', '▐':
		return '|'
	case '╭', '╮', '╰', '╯', '├', '✓':
		return '+'
	case '█', '▓', '▇':
		return '#'
	case '░', '·', '▂':
		return '.'
	case '▒', '▃', '┄':
		return ':'
	case '▄':
		return '-'
	case '▅':
		return '='
	case '▆', '●', '∞':
		return '*'
	case '▁':
		return '_'
	case '▸', '▶', '›':
		return '>'
	case '◂', '‹':
		return '<'
	case '✗', '×':
		return 'x'
	case '±', '…':
		return '~'
	case 'µ':
		return 'u'
	case '▲', '↑':
		return '^'
	case '▼', '↓':
		return 'v'
	case '⇅':
		return '^'
	case thinSpace:
		return ' '
	}
	return '?'
}
