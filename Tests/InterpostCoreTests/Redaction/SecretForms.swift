import Foundation
import InterpostCore

/// Every way of saying a password, before a login and after it, with every way of hearing it back.
extension SecretSession {
    private static let password = "Hunter2&Comp"

    /// What a client says; `%p` and the others as in ``SecretSession/transcript``.
    private static let imapForms = [
        "C: a LOGIN anna %p", "C: a login anna %q", "C: a LOGIN {4+}\nC: anna {%n+}\nC: %p", "C: a LOGIN anna %p now",
        "C: a AUTHENTICATE PLAIN %m", "C: a AUTHENTICATE PLAIN\nS: + \nC: %m", "C: a AUTHENTICATE PLAIN {24+}\nC: %m",
        "C: a AUTHENTICATE LOGIN\nS: + VXNlcm5hbWU6\nC: YW5uYQ==\nS: + UGFzc3dvcmQ6\nC: %b",
        "C: a AUTH PLAIN %m", "C: a PASS %p", "C: a LOGON anna %p", "C: LOGIN anna %p", "C: %p", "C: %b", "C: %m", "C: a %p",
        "C: a LOGIN anna\t%p", "C: a LOGIN  anna  %p", "C: a LOGIN \"anna %p", "C: a LOGIN (anna %p)", "C: a UID LOGIN anna %p",
        "C: a NOOP %p", "C: a LOGOUT %p", "C: a PASSWORD=%p", "C: a LOGIN anna %q now", "C: a LOGIN anna=%p",
        "C: USER anna\nC: PASS %p",
        "C: a XLOGIN anna %p {3+}\nC: abc",
    ]

    private static let pop3Forms = [
        "C: PASS %p", "C: pass %p", "C: PASS\t%p", "C: PASS %p ", "C: PASS %p now", "C: USER anna %p", "C: APOP anna %p",
        "C: APOP %p",
        "C: AUTH PLAIN %m", "C: AUTH PLAIN\nS: + \nC: %m",
        "C: AUTH LOGIN\nS: + VXNlcm5hbWU6\nC: YW5uYQ==\nS: + UGFzc3dvcmQ6\nC: %b",
        "C: LOGIN anna %p", "C: PASSWD %p", "C: a LOGIN anna %p", "C: %p", "C: %b", "C: %m", "C: RETR %p", "C: XPASS %p",
        "C: PASS=%p", "C: XCLIENT LOGIN=%p",
    ]

    /// What is heard back: the password as it is, in quotes, in other letters, encoded, in a code, in a farewell.
    private static let echoes = [
        "OK %p", "NO %p is wrong", "NO \"%p\"", "NO %P", "NO [X %p] no", "OK SHVudGVyMiZDb21w", "OK 48756e7465723226436f6d70",
        "OK Hunter2%26Comp", "OK %m",
    ]

    static let forms: [SecretSession] = {
        var forms: [SecretSession] = []
        let login = "C: z LOGIN anna other-secret\nS: z OK in\n"
        for echo in echoes {
            for form in imapForms {
                let answer = "\nS: a \(echo)\nS: * \(echo)"
                forms.append(named("before a login", form, echo, greeting + form + answer))
                forms.append(named("after a login", form, echo, greeting + login + form + answer))
            }
            for form in pop3Forms {
                let answer = echo.hasPrefix("OK") ? "+\(echo)" : "-ERR" + echo.dropFirst(2)
                var session = named("POP3", form, echo, "S: +OK ready\n\(form)\nS: \(answer)")
                session.mailProtocol = .pop3
                forms.append(session)
            }
        }
        return forms
    }()

    private static func named(_ place: String, _ form: String, _ echo: String, _ transcript: String) -> SecretSession {
        SecretSession(
            testDescription: "\(place): \(form.replacingOccurrences(of: "\n", with: "|")), S: \(echo)", password: password,
            transcript: transcript)
    }
}
