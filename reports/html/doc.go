// Package html draws a run as one page that stands alone: no network, no
// third-party script, a size that does not grow with the run. Charts are SVG
// with presentation attributes, so that the page is readable where neither
// scripts nor inline styles are allowed (Jenkins' default policy), and prints as
// vectors. The script only adds comfort: crosshair, sorting, theme.
package html
