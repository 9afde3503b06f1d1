package delay

// Pathway is a way out of hospital: home without new support is 0, home with
// support 1, a short-term bed 2 and a long-term bed 3.
type Pathway string

// PathwayNotStated is of days for which nobody has said it.
const PathwayNotStated Pathway = ""

// Pathways lists the pathways in the order of tables; the one that is not stated
// is last.
var Pathways = [...]Pathway{"0", "1", "2", "3", PathwayNotStated}
