# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 Auto Scaling as AWS does it: an activity at a time, by itself, while nobody asks.

Requests only note what is wanted (``patches/autoscaling*.py``); :mod:`.rounds` makes it so, a step per look.

| module | does |
|---|---|
| ``termination``, ``refreshing``, ``hooks``, ``backoff`` | decide: pure functions of what they are given |
| ``activities``, ``members``, ``records`` | hold what a group is and did |
| ``launching``, ``targets``, ``notices`` | act on EC2, Elastic Load Balancing, SNS and SQS |
| ``transitions``, ``refreshes``, ``rounds`` | carry the decisions out |

User guide: https://docs.aws.amazon.com/autoscaling/ec2/userguide/. API reference:
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/.
"""
