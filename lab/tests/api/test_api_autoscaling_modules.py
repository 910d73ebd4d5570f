# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's own modules against the emulated Auto Scaling."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Network, Template

PLAY = """
- hosts: localhost
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    settings: &settings
      name: "{{ group }}"
      launch_template: {launch_template_name: "{{ template }}", version: $Latest}
      min_size: 1
      max_size: 3
      desired_capacity: 1
      vpc_zone_identifier: "{{ subnets }}"
      health_check_period: 0
      metrics_collection: true
      termination_policies: [OldestInstance]
      tags: [{a: first}, {b: second}]
    hook: &hook
      autoscaling_group_name: "{{ group }}"
      lifecycle_hook_name: drain
      transition: autoscaling:EC2_INSTANCE_TERMINATING
      heartbeat_timeout: 300
  tasks:
    - amazon.aws.autoscaling_group: *settings
      register: created
    - amazon.aws.autoscaling_group: *settings
      register: unchanged
    - amazon.aws.autoscaling_group_info:
        name: "{{ group }}$"
      register: info
    - ansible.builtin.assert:
        that:
          - created is changed
          - created.viable_instances == 1
          - unchanged is not changed
          - info.results[0].instances[0].lifecycle_state == 'InService'

    - community.aws.autoscaling_lifecycle_hook: *hook
      register: put
    - community.aws.autoscaling_lifecycle_hook: *hook
      register: put_again
    - amazon.aws.autoscaling_instance_refresh:
        name: "{{ group }}"
        state: started
        preferences: {min_healthy_percentage: 0, instance_warmup: 0}
      register: started
    - amazon.aws.autoscaling_instance_refresh_info:
        name: "{{ group }}"
        ids: ["{{ started.instance_refreshes.instance_refresh_id }}"]
      register: refresh
      until: refresh.instance_refreshes[0].status == 'Successful'
      retries: 20
      delay: 1
    - amazon.aws.autoscaling_instance_refresh:
        name: "{{ group }}"
        state: cancelled
      register: cancelled
      failed_when: "'ActiveInstanceRefreshNotFound' not in cancelled.msg"
    - amazon.aws.autoscaling_instance_info:
        group_name: "{{ group }}"
      register: members
    - vars:
        waiting: "{{ members.auto_scaling_instances | selectattr('lifecycle_state', 'eq', 'Terminating:Wait') }}"
      community.aws.autoscaling_complete_lifecycle_action:
        asg_name: "{{ group }}"
        lifecycle_hook_name: drain
        lifecycle_action_result: CONTINUE
        instance_id: "{{ waiting[0].instance_id }}"
    - ansible.builtin.assert:
        that:
          - put is changed
          - put_again is not changed
          - started.instance_refreshes.status in ['Pending', 'InProgress']
          - refresh.instance_refreshes[0].percentage_complete == 100

    - vars:
        serving: "{{ members.auto_scaling_instances | selectattr('lifecycle_state', 'eq', 'InService') }}"
      amazon.aws.autoscaling_instance:
        group_name: "{{ group }}"
        state: present
        instance_ids: ["{{ serving[0].instance_id }}"]
        protection: true
        wait: false
      register: protected
    - community.aws.autoscaling_lifecycle_hook:
        autoscaling_group_name: "{{ group }}"
        lifecycle_hook_name: drain
        state: absent
      register: removed
    - amazon.aws.autoscaling_group:
        name: "{{ group }}"
        state: absent
        wait_for_instances: false
      register: deleted
    - ansible.builtin.assert:
        that:
          - protected is changed
          - removed is changed
          - deleted is changed
"""


def test_modules_work(endpoint: str, network: Network, template: Callable[..., Template], tmp_path: Path) -> None:
    play = tmp_path / "play.yml"
    play.write_text(PLAY)
    values: dict[str, Any] = {
        "group": f"{network.name}-modules",
        "template": template().name,
        "subnets": network.private,
    }
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            "-i",
            "localhost,",
            "-c",
            "local",
            "-e",
            json.dumps(values),
            play,
        ],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LC_ALL": "C.UTF-8",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "an-example-key",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
        },
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
