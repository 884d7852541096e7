"""Planning: estimators, cost table, policies and the planner that turns observations into decisions."""

from cutpoint.plan import sciot
from cutpoint.plan.coding import CodingEstimator
from cutpoint.plan.costs import RowGrid, cost_table
from cutpoint.plan.decision import Decision, Occasion
from cutpoint.plan.edge import EdgeEstimator
from cutpoint.plan.ema import Ema
from cutpoint.plan.energy import EnergyModel
from cutpoint.plan.errors import PolicyError
from cutpoint.plan.limits import Limits, loss_points
from cutpoint.plan.link import LinkEstimator
from cutpoint.plan.observation import LinkSample, Observation
from cutpoint.plan.operators import OperatorEstimator
from cutpoint.plan.planner import Planner
from cutpoint.plan.policies import Choice, Context, Policy, Switching, make_policy, policy_names
from cutpoint.plan.prior import MACHINES, MachineClass
from cutpoint.plan.setting import CodecSetting
from cutpoint.plan.shape import NetworkShape
from cutpoint.plan.shift import load_share
from cutpoint.plan.table import CostRow, CostTable
from cutpoint.plan.variance import VarianceDetector

__all__ = [
    "MACHINES",
    "Choice",
    "CodecSetting",
    "CodingEstimator",
    "Context",
    "CostRow",
    "CostTable",
    "Decision",
    "EdgeEstimator",
    "Ema",
    "EnergyModel",
    "Limits",
    "LinkEstimator",
    "LinkSample",
    "MachineClass",
    "NetworkShape",
    "Observation",
    "Occasion",
    "OperatorEstimator",
    "Planner",
    "Policy",
    "PolicyError",
    "RowGrid",
    "Switching",
    "VarianceDetector",
    "cost_table",
    "load_share",
    "loss_points",
    "make_policy",
    "policy_names",
    "sciot",
]
