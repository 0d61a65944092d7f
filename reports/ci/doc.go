// Package ci says results to the servers that run builds, in their own forms: annotations, a
// step's summary and outputs for GitHub, a metrics report for GitLab. JUnit, which all of
// them read, is reports/junit's. It refuses to judge, to render a report, and to talk to a server: it
// writes lines and files that the server reads.
package ci
