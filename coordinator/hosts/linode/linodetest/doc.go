// Package linodetest is a Linode API for tests: it keeps what is made, answers in the shapes that were recorded of the
// real one, and fails as the real one is known to, when it is told to. Where Linode's description of its API is at hand,
// every request and every answer is held against it, and a difference fails the test. Only tests import it.
package linodetest
