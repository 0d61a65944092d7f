package scenarios

// extra reads what few steps are told.
func (p *parser) extra(o *object, s *Step) {
	x := Extra{Cookies: p.s.HTTP.Cookies, Redirects: p.s.HTTP.Redirects}
	p.redirects(o, &x.Redirects)
	if s.Extra != nil {
		x.Upload = s.Extra.Upload
	}
	p.await(o, s, &x)
	if x != (Extra{}) {
		s.Extra = &x
	}
}

// maxRedirects is what no sane target needs and no loop exceeds.
const maxRedirects = 20

func (p *parser) redirects(o *object, to *int) {
	n := *to
	o.count("follow_redirects", 0, &n)
	if n > maxRedirects {
		p.wrong(o.get("follow_redirects"), "follow_redirects: must be at most %d, got %d", maxRedirects, n)
		return
	}
	*to = n
}

// noCookieHeader refuses a second source of cookies: a request has one Cookie line.
func (p *parser) noCookieHeader(kept bool, at *node, list []Header) {
	if kept && indexHeader(list, "Cookie") >= 0 {
		p.wrong(at, "headers: http.cookies sends each user's own cookies; give Cookie or cookies, not both")
	}
}
