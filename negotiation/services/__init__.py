"""One public function per verb of the trade: open the subject, ask the policy, play the rule, write, record."""
