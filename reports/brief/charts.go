package brief

// An Ink is a colour by name; each is told from the others by more than its hue.
type Ink string

// The inks.
const (
	Blue   Ink = "blue"
	Orange Ink = "orange"
	Green  Ink = "green"
	Red    Ink = "red"
	Purple Ink = "purple"
	Sky    Ink = "sky"
	Grey   Ink = "grey"
	Black  Ink = "black"
)

// A Head is what every chart has: its name, what it shows, and the same in words for
// those who cannot see it.
type Head struct {
	ID    string // of letters, unique in its document
	Name  string
	About string
	Words string
	Wide  bool
}

// A Plot is points and lines over two axes.
type Plot struct {
	Head
	X, Y   Axis
	Bands  []Band
	Lines  []Line
	Clouds []Cloud
	Rules  []Rule
}

// A Place is one point of a line.
type Place struct{ X, Y float64 }

// A Line goes through its places in order.
type Line struct {
	Name   string // "" = not in the legend
	Ink    Ink
	Dots   bool // a dot at each place
	Dotted bool
	Places []Place
}

// A Cloud is points of one kind.
type Cloud struct {
	Name   string
	Ink    Ink
	Hollow bool
	Points []Point
}

// A Point lies at a place with an interval up and down; none where Low and High are equal.
type Point struct {
	X, Y      float64
	Low, High float64
	Edge      bool   // the value is 0, or beyond the axis: it is put on the edge with a sign
	Tip       string // what is said when it is pointed at
	Label     string // beside it
}

// A Band is a stretch between two values of the x axis, or of the y axis where it lies flat.
type Band struct {
	Name     string
	Ink      Ink
	Flat     bool
	From, To float64
}

// A Rule is a line at one value of the y axis, or of the x axis where it stands.
type Rule struct {
	Label  string
	Ink    Ink
	Stands bool
	At     float64
}

// A Forest is one interval below the other on one axis.
type Forest struct {
	Head
	Axis Axis
	Zero float64 // what nothing is: a line
	Bars bool    // from Zero to the estimate
	Rows []Stem
}

// A Stem is an estimate with its interval.
type Stem struct {
	Name          string
	Text          string // the figures, at the right
	Tone          Tone
	At, Low, High float64
	Limit         float64 // what it is held against
	Limited       bool
}

// A Heat is a value for each pair of two scales.
type Heat struct {
	Head
	Across, Down  string // names of the scales
	Columns, Rows []string
	Squares       [][]Square // by row
	Least, Most   string     // of the colours
}

// A Square is one cell of a heat map.
type Square struct {
	Known   bool
	Level   float64 // 0 to 1: from the least to the most
	Text    string
	Tip     string
	Plateau bool     // it is as good as the best
	Marks   []string // "in force", "best", "recommended"
}
