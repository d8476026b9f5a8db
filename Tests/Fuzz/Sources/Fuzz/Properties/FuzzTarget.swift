import InterpostCore
import NIOCore

/// What is fuzzed. The raw value is the name on the command line, and that of the folders with its inputs.
enum FuzzTarget: String, CaseIterable {
    case imapFramer = "imap-framer"
    case pop3Framer = "pop3-framer"
    case imapConversation = "imap-conversation"
    case pop3Conversation = "pop3-conversation"
    case imapTap = "imap-tap"
    case pop3Tap = "pop3-tap"
    case imapGate = "imap-gate"
    case pop3Gate = "pop3-gate"
    case imapBroker = "imap-broker"
    case pop3Broker = "pop3-broker"
    case readers
    case transcript, rawlog, tls, pcap, capture, oauth

    /// Throws what does not hold for the input.
    func check(_ input: ByteBuffer) throws(Violation) {
        switch self {
        case .imapFramer: try FramerProperties.check(Dialogue(input, .imap))
        case .pop3Framer: try FramerProperties.check(Dialogue(input, .pop3))
        case .imapConversation: try ConversationProperties.check(Dialogue(input, .imap))
        case .pop3Conversation: try ConversationProperties.check(Dialogue(input, .pop3))
        case .imapTap: try TapProperties.check(Dialogue(input, .imap))
        case .pop3Tap: try TapProperties.check(Dialogue(input, .pop3))
        case .imapGate: try GateProperties.check(Dialogue(input, .imap))
        case .pop3Gate: try GateProperties.check(Dialogue(input, .pop3))
        case .imapBroker: try BrokerProperties.check(Dialogue(input, .imap))
        case .pop3Broker: try BrokerProperties.check(Dialogue(input, .pop3))
        case .readers: try ReaderProperties.check(Dialogue(input, .imap))
        case .transcript: try FileProperties.checkTranscript(input)
        case .rawlog: try FileProperties.checkRawlog(input)
        case .tls: try FileProperties.checkTLS(input)
        case .pcap: try PcapProperties.check(input)
        case .capture: try CaptureProperties.check(input)
        case .oauth: try OAuthProperties.check(input)
        }
    }
}
