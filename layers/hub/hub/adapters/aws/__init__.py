"""The ports on AWS, by signed JSON calls: no SDK, whose import every cold start would pay."""
