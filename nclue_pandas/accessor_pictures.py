"""The verbs of ``df.nclue`` that draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


class PictureVerbs:
    """Pictures of scores, sequences and jobs as methods of a DataFrame."""

    _frame: Any

    def plot_lift(self, answers: pd.DataFrame, **options: Any) -> Axes:
        """Draw the lift by decile of these scores: :func:`nclue_pandas.plot_lift`.

        Parameters
        ----------
        answers : pandas.DataFrame
            One row per user with a 0/1 label.
        **options
            As the function takes them, among them ``ax``.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting import plot_lift

        return plot_lift(self._frame, answers, **options)

    def plot_gain(self, answers: pd.DataFrame, **options: Any) -> Axes:
        """Draw the cumulative gain of these scores: :func:`nclue_pandas.plot_gain`.

        Parameters
        ----------
        answers : pandas.DataFrame
            One row per user with a 0/1 label.
        **options
            As the function takes them, among them ``ax``.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting import plot_gain

        return plot_gain(self._frame, answers, **options)

    def plot_roc(self, answers: pd.DataFrame, **options: Any) -> Axes:
        """Draw the ROC curve of these scores: :func:`nclue_pandas.plot_roc`.

        Parameters
        ----------
        answers : pandas.DataFrame
            One row per user with a 0/1 label.
        **options
            As the function takes them, among them ``ax``.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting import plot_roc

        return plot_roc(self._frame, answers, **options)

    def plot_scores(self, answers: pd.DataFrame, **options: Any) -> Axes:
        """Draw the distribution by label of these scores: :func:`nclue_pandas.plot_scores`.

        Parameters
        ----------
        answers : pandas.DataFrame
            One row per user with a 0/1 label.
        **options
            As the function takes them, among them ``ax``.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting import plot_scores

        return plot_scores(self._frame, answers, **options)

    def plot_calibration(self, answers: pd.DataFrame, **options: Any) -> Axes:
        """Draw the calibration of these scores: :func:`nclue_pandas.plot_calibration`.

        Parameters
        ----------
        answers : pandas.DataFrame
            One row per user with a 0/1 label.
        **options
            As the function takes them, among them ``ax``.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting import plot_calibration

        return plot_calibration(self._frame, answers, **options)

    def plot_sequence_lengths(self, **options: Any) -> Axes:
        """Draw how many behaviors these sequences have: :func:`nclue_pandas.plot_sequence_lengths`.

        Parameters
        ----------
        **options
            As the function takes them, among them ``ax``.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting import plot_sequence_lengths

        return plot_sequence_lengths(self._frame, **options)

    def plot_token_use(self, **options: Any) -> Axes:
        """Draw how these sequences use the token budget: :func:`nclue_pandas.plot_token_use`.

        Parameters
        ----------
        **options
            As the function takes them, among them ``ax``.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting import plot_token_use

        return plot_token_use(self._frame, **options)

    def plot_timeline(self, **options: Any) -> Axes:
        """Draw when the jobs of this table ran: :func:`nclue_pandas.plot_timeline`.

        Parameters
        ----------
        **options
            As the function takes them, among them ``ax``.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting import plot_timeline

        return plot_timeline(self._frame, **options)
