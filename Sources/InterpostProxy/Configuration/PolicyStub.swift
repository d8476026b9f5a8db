import InterpostCore

extension RelayConfiguration { var policy: Policy { Policy(.observe) } }
