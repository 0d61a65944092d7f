package loop

import "github.com/loadctl/loadctl/agent/http1"

// decode lets checks see what an encoded body says, or why it cannot be read.
func (l *Loop) decode(parser *http1.Parser) {
	a := &l.answer
	text, more, err := l.decoder.Decode(parser.Coding, parser.Body(), parser.Truncated)
	a.Body, a.Size, a.More = text, int64(len(text)), more
	if err != nil {
		a.Unread = errorText(err)
	}
}
