// Package gate says whether a candidate is worse than its baseline: pairs of trials in,
// verdict out. It asks for positive evidence that the candidate is not worse, stops as soon as there
// is enough either way, and always says what it could not have seen. It refuses to run
// a trial, and to call silence a pass.
package gate
