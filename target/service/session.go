package service

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Sessions are signed, not kept: any worker of any node with the same key knows them,
// and no database is asked. So a session that was ended is good for whoever kept its
// token until it expires.
const (
	sessionCookie = "session"
	sessionFor    = time.Hour
)

// login answers {user, password} with a session, as a cookie and as a bearer token.
func (s *Service) login(x *exchange) {
	var who struct{ User, Password string }
	if err := json.NewDecoder(http.MaxBytesReader(x.w, x.r.Body, mostPosted)).Decode(&who); err != nil || who.User == "" {
		s.fail(x, http.StatusUnprocessableEntity, []fault{{[]string{"body"}, `must be {"user": "…", "password": "…"}`, "json_invalid"}})
		return
	}
	if subtle.ConstantTimeCompare([]byte(who.Password), []byte(x.LoginPassword)) != 1 {
		s.fail(x, http.StatusUnauthorized, "Wrong user or password")
		return
	}
	ends := x.began.Add(sessionFor)
	token := x.sign(who.User, ends)
	http.SetCookie(x.w, &http.Cookie{Name: sessionCookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		MaxAge: int(sessionFor.Seconds())})
	s.answerJSON(x, http.StatusOK, map[string]any{"token": token, "token_type": "bearer", "expires_in": int(sessionFor.Seconds())})
}

// session says whose the session is, or ends it.
func (s *Service) session(x *exchange) {
	user, ok := x.user()
	switch {
	case !ok:
		x.w.Header().Set("WWW-Authenticate", "Bearer")
		s.fail(x, http.StatusUnauthorized, "Not logged in")
	case x.r.Method == http.MethodDelete:
		http.SetCookie(x.w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
		s.answerJSON(x, http.StatusOK, map[string]string{"status": "logged out"})
	default:
		s.answerJSON(x, http.StatusOK, map[string]string{"user": user})
	}
}

// sign is a token: user, when it ends, and what only the holder of the key can add.
func (x *exchange) sign(user string, ends time.Time) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(user)) + "." + strconv.FormatInt(ends.Unix(), 10)
	return text + "." + x.mac(text)
}

func (x *exchange) mac(text string) string {
	h := hmac.New(sha256.New, []byte(x.SessionKey))
	fmt.Fprint(h, text)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// user is whose session the request carries.
func (x *exchange) user() (string, bool) {
	token, ok := strings.CutPrefix(x.r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		c, err := x.r.Cookie(sessionCookie)
		if err != nil {
			return "", false
		}
		token = c.Value
	}
	cut := strings.LastIndexByte(token, '.')
	if cut < 0 || !hmac.Equal([]byte(token[cut+1:]), []byte(x.mac(token[:cut]))) {
		return "", false
	}
	name, ends, _ := strings.Cut(token[:cut], ".")
	until, err := strconv.ParseInt(ends, 10, 64)
	user, bad := base64.RawURLEncoding.DecodeString(name)
	if err != nil || bad != nil || x.began.Unix() >= until {
		return "", false
	}
	return string(user), true
}
