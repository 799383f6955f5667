`terraform` cannot revoke a rule of a security group that it has not made
hint: take `--as cli` or `--as json`, or change the rule where it is declared
