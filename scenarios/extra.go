package scenarios

import "time"

// An Extra is what a step is told beyond the ordinary; most steps have none, and
// then their requests are one frozen template.
type Extra struct {
	Cookies   bool          // the user's cookies are sent, and what answers set is kept
	Redirects int           // most redirects followed; 0 = none
	Await     time.Duration // how long the body waits for 100 Continue; 0 = it does not
	Upload    *Upload       // the body, where it is streamed

	method       string
	path         *Template // with the base URL's
	fields, bare *Template // header lines; without those of a body
	end          *Template // how the head ends, and the body; of s.body only its length's name
}

// AppendStart writes request line and header lines of a request for target; of
// none, for the path of the step, which is then drawn. bare is for a redirect that
// drops the body. It gives where the target lies.
func (s *Step) AppendStart(dst []byte, v *Values, target []byte, bare bool) (all, path []byte) {
	x := s.Extra
	method, fields := x.method, x.fields
	if bare {
		method, fields = bareMethod(method), x.bare
	}
	dst = append(append(dst, method...), ' ')
	from := len(dst)
	dst = x.path.Append(dst, v)
	if target != nil { // what is drawn behind the path is what the first request drew
		dst = append(dst[:from], target...)
	}
	path = dst[from:]
	dst = append(dst, " HTTP/1.1\r\n"...)
	return fields.Append(dst, v), path
}

// bareMethod is what a redirect without the body asks with: RFC 9110, section 15.4.4.
func bareMethod(method string) string {
	if method == "HEAD" {
		return method
	}
	return "GET"
}

// AppendLast says that the request is the last of its connection, unless the file says
// something of that itself. It is only for phases with ReuseNone.
func (s *Step) AppendLast(dst []byte) []byte {
	if s.closing == nil {
		return dst
	}
	return append(dst, "Connection: close\r\n"...)
}

// AppendEnd ends the head that AppendStart began, and writes the body.
func (s *Step) AppendEnd(dst []byte, v *Values, bare bool) []byte {
	if bare {
		return append(dst, "\r\n"...)
	}
	dst = s.Extra.end.Append(dst, v)
	if s.body == nil {
		return dst
	}
	return appendSized(dst, s.body, v)
}
