package wire

// Protocol is the version of the messages between coordinator, hosts and
// agents. It grows with every change that the other side would not understand;
// sides of different versions refuse each other.
const Protocol = 2
