package scenarios

import "strconv"

// AppendRequest writes the whole request of one step, head and body, at the end
// of dst. It allocates nothing if dst has the room.
func (s *Step) AppendRequest(dst []byte, v *Values) []byte {
	return s.appendWith(s.head, dst, v)
}

// AppendClosing is AppendRequest for a connection that carries this request alone:
// it says so by `Connection: close`, unless the file gives that header itself. It is
// only for phases with ReuseNone.
func (s *Step) AppendClosing(dst []byte, v *Values) []byte {
	if s.closing == nil {
		return s.AppendRequest(dst, v)
	}
	return s.appendWith(s.closing, dst, v)
}

func (s *Step) appendWith(head *Template, dst []byte, v *Values) []byte {
	dst = head.Append(dst, v)
	if s.body == nil {
		return dst
	}
	return appendSized(dst, s.body, v)
}

// appendSized writes the value of Content-Length, the end of the head and the
// body. The length is known only once the body is expanded, so the body is
// expanded where the head ends and moved up.
func appendSized(dst []byte, body *Template, v *Values) []byte {
	at := len(dst)
	dst = body.Append(dst, v)
	size := len(dst) - at
	var room [24]byte
	between := append(strconv.AppendInt(room[:0], int64(size), 10), "\r\n\r\n"...)
	dst = append(dst, between...)
	copy(dst[at+len(between):], dst[at:at+size])
	copy(dst[at:], between)
	return dst
}
