// Package capacity finds the highest load that holds an SLO: trials in, next load out. It
// fits how the share of bad requests grows with the load to all trials at once, and says
// how sure it is at any time. It refuses to run a trial and to know of time but what trials took.
package capacity
