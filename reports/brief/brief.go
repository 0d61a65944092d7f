package brief

// A Tone is how something is meant, for colours and signs.
type Tone string

// The tones.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
)

// Sign is a tone in one character, for those who see no colours.
func (t Tone) Sign() string {
	switch t {
	case Good:
		return "✓"
	case Warn:
		return "!"
	case Bad:
		return "✗"
	}
	return "·"
}

// A Brief is one answer with what it rests on.
type Brief struct {
	Kind    string // of document, such as "capacity report"
	Title   string // what was measured
	Meta    []Fact // beside the title: run, date, target
	Verdict Verdict
	Exit    int

	Lead     string // the answer in a few sentences
	Notes    []Note // what a reader must know before relying on it
	Figures  []Figure
	Sections []Section

	Tool   string
	Result string // the line that programs look for
}

// A Verdict is the answer in a few words.
type Verdict struct {
	Tone Tone
	Word string // "748/s hold", "REGRESSION"
	Line string // one sentence, where there is room for no more
}

// A Note is a sentence that qualifies others.
type Note struct {
	Tone Tone
	Text string
}

// A Figure is a number with its meaning.
type Figure struct {
	Label, Value, Unit string
	Meaning            string // which clock, how sure
	Tone               Tone
}

// A Fact is a name with a value.
type Fact struct{ Name, Value string }

// A Section is a part of the document. Details are left out where there is little room.
type Section struct {
	ID     string // of letters, unique
	Title  string
	Detail bool
	Parts  []Part
}

// A Part is a Text, Notes, *Table, Code, or one of the charts: *Plot, *Forest, *Heat.
type Part interface{ part() }

// A Text is a paragraph.
type Text string

// Notes are sentences one below the other.
type Notes []Note

// A Code is text word for word, such as a command or a file.
type Code struct {
	Title string // "" = it is always shown
	Text  string
}

// A Table has columns, each with its side, and rows of as many cells.
type Table struct {
	Caption string
	Columns []Column
	Rows    []Row
	Long    bool // many rows: a page may scroll them
}

// A Column is a heading; numbers are set to the right.
type Column struct {
	Name  string
	Right bool
}

// A Row is cells, and how all of it is meant.
type Row struct {
	Tone  Tone
	Cells []Cell
}

// A Cell is a word or number with its tone. Code is set as what people type.
type Cell struct {
	Text string
	Tone Tone
	Code bool
}

func (Text) part()    {}
func (Notes) part()   {}
func (Code) part()    {}
func (*Table) part()  {}
func (*Plot) part()   {}
func (*Forest) part() {}
func (*Heat) part()   {}

// Cells are plain ones.
func Cells(texts ...string) (cells []Cell) {
	for _, t := range texts {
		cells = append(cells, Cell{Text: t})
	}
	return cells
}

// Left is a column of words.
func Left(name string) Column { return Column{Name: name} }

// Right is a column of numbers.
func Right(name string) Column { return Column{Name: name, Right: true} }
