// Package frontier finds which rate of requests a target holds at each of several numbers of
// connections that are kept open: a capacity search for each of them, from few connections to many. A
// target hardly loses rate to connections that are idle until it loses them, so each search begins
// where the one before ended, and one budget is shared by what is left to do.
//
// Where the connections themselves cannot be had, no rate is looked for. Where no rate holds, no more
// connections are tried. The package refuses to know how a capacity is found: searches are made for it.
package frontier
